// Package script holds what a hosted script is: its limits, its versions and what makes one valid.
package script

import (
	"crypto/sha256"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"peneira/internal/failure"
)

// Limits on what is hosted.
const (
	MaxNameRunes        = 255
	MaxDescriptionRunes = 1000
	MaxChangeNoteRunes  = 1000
	MaxContentBytes     = 1 << 20
)

// EntryPoints are the names a script's function may have, in the order they are looked for.
var EntryPoints = []string{"process", "execute", "run", "main", "processData"}

// Script is a hosted script as it stands now, with its current version's content.
type Script struct {
	ID          uuid.UUID
	Name        string
	Description string
	Version     int // number of the current version, from 1
	Content     string
	SHA256      [sha256.Size]byte // of Content
	ChangeNote  string
	CreatedAt   time.Time
	UpdatedAt   time.Time // when the current version was made
	Limits      Limits    // of the current version
	Redact      []string  // paths that the current version masks; see package redact
	Retention   Retention // of the payloads of all executions
}

// Version is one immutable version of a script.
type Version struct {
	ScriptID   uuid.UUID
	Number     int // from 1
	Content    string
	SHA256     [sha256.Size]byte // of Content
	ChangeNote string
	CreatedAt  time.Time
	Limits     Limits
	Redact     []string
}

// Draft is what a client sends to host a script or a new version of it.
type Draft struct {
	ID          uuid.UUID // to host it under; zero makes a new one
	Name        string
	Description string
	Content     string
	ChangeNote  string
	Limits      Limits
	Redact      []string
	Retention   Retention
}

// HostedAs returns the script that the draft became with its first version.
func (d Draft) HostedAs(first Version) Script {
	return Script{
		ID: first.ScriptID, Name: d.Name, Description: d.Description, Version: first.Number,
		Content: first.Content, SHA256: first.SHA256, ChangeNote: first.ChangeNote, CreatedAt: first.CreatedAt, UpdatedAt: first.CreatedAt,
		Limits: first.Limits, Redact: first.Redact, Retention: d.Retention,
	}
}

// Validate checks everything about the draft but whether its content compiles, which only a sandbox can say, and whether
// its limits are within the server's.
// It returns a failure of kind Invalid that names every wrong field.
func (d Draft) Validate() error {
	var fields []failure.Field
	wrong := func(path, message string) { fields = append(fields, failure.Field{Path: path, Message: message}) }

	switch n := utf8.RuneCountInString(d.Name); {
	case strings.TrimSpace(d.Name) == "":
		wrong("name", "must not be empty")
	case n > MaxNameRunes:
		wrong("name", "must have at most 255 characters")
	}
	if utf8.RuneCountInString(d.Description) > MaxDescriptionRunes {
		wrong("description", "must have at most 1000 characters")
	}
	if utf8.RuneCountInString(d.ChangeNote) > MaxChangeNoteRunes {
		wrong("changeNote", "must have at most 1000 characters")
	}
	switch {
	case d.Content == "":
		wrong("content", "must not be empty")
	case len(d.Content) > MaxContentBytes:
		wrong("content", "must have at most 1 MiB (1048576 bytes)")
	}
	for _, text := range []struct{ path, value string }{
		{"name", d.Name}, {"description", d.Description}, {"changeNote", d.ChangeNote}, {"content", d.Content},
	} {
		// PostgreSQL's text cannot hold U+0000.
		if strings.ContainsRune(text.value, 0) {
			wrong(text.path, `must not contain the character U+0000; in a string of the script write "\0" instead`)
		}
	}
	d.validateTerms(wrong)
	if len(fields) == 0 {
		return nil
	}
	return invalid(fields)
}

func invalid(fields []failure.Field) error {
	return failure.New(failure.Invalid, "invalid-script", "The script cannot be hosted as sent; see errors.").With(fields...)
}

// NotFound is the failure for a script that is not there, or was deleted.
func NotFound(id uuid.UUID) *failure.Error {
	return failure.New(failure.NotFound, "script-not-found", "There is no script %s. Check the id, or host the script first.", id)
}

// VersionNotFound is the failure for a version that a script does not have.
func VersionNotFound(id uuid.UUID, number int) *failure.Error {
	return failure.New(failure.NotFound, "version-not-found", "Script %s has no version %d.", id, number)
}
