package api

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"peneira/internal/failure"
	"peneira/internal/rawjson"
)

// maxFields bounds how many wrong members are told at once: a body may hold millions.
const maxFields = 20

// member is one member that a body may have.
type member struct {
	name     string
	required bool
	// set takes the value as sent, and returns what it must be ("must be a string") when it is not; "" when all is well.
	set func(raw []byte) string
}

// readMembers reads a body that holds one JSON object of the given members. It returns failures of kind Invalid for a
// body that is empty or malformed, and one that names every member that is missing, unknown, repeated or wrong.
func readMembers(body []byte, members ...member) error {
	if len(body) == 0 {
		return failure.New(failure.Invalid, codeEmptyBody, "The body is empty. Send a JSON object with %s.", quoted(members))
	}
	r := reader{members: members, seen: make([]bool, len(members))}
	if err := rawjson.Object(body, rawjson.MaxDepth, r.member); err != nil {
		return malformed(err)
	}
	for i, m := range members {
		if m.required && !r.seen[i] {
			r.wrong(m.name, "is missing")
		}
	}
	return r.failure()
}

// reader notes what is wrong with the members of one body.
type reader struct {
	members []member
	seen    []bool
	fields  []failure.Field
}

// failure returns a failure of kind Invalid that names what is wrong, or nil when nothing is.
func (r *reader) failure() error {
	if len(r.fields) == 0 {
		return nil
	}
	return failure.New(failure.Invalid, codeInvalidRequest, "The body is not what is expected here: %q %s.",
		r.fields[0].Path, r.fields[0].Message).With(r.fields...)
}

func (r *reader) wrong(path, message string) {
	if len(r.fields) < maxFields {
		r.fields = append(r.fields, failure.Field{Path: path, Message: message})
	}
}

// member takes one member of the body. It never stops the walk: malformed JSON further on matters more.
func (r *reader) member(key string, raw []byte, _ int) error {
	for i, m := range r.members {
		if m.name != key {
			continue
		}
		if r.seen[i] {
			r.wrong(key, "is given twice")
		} else if message := m.set(raw); message != "" {
			r.wrong(key, message)
		}
		r.seen[i] = true
		return nil
	}
	r.wrong(shorten(key), "is not known here; known are "+quoted(r.members))
	return nil
}

// maxKeyRunes bounds how much of an unknown key is sent back.
const maxKeyRunes = 64

func shorten(key string) string {
	if runes := []rune(key); len(runes) > maxKeyRunes {
		return string(runes[:maxKeyRunes]) + "…"
	}
	return key
}

// quoted lists the members' names: "scriptId", "data" and "version".
func quoted(members []member) string {
	names := make([]string, len(members))
	for i, m := range members {
		names[i] = strconv.Quote(m.name)
	}
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// malformed turns an error of rawjson into a failure.
func malformed(err error) error {
	var syntax *rawjson.SyntaxError
	if !errors.As(err, &syntax) {
		return err
	}
	code, detail := codeMalformedJSON, "The body is not valid JSON"
	if errors.Is(err, rawjson.ErrTooDeep) {
		code, detail = codeTooDeep, "The JSON is nested too deep"
	}
	return failure.New(failure.Invalid, code, "%s: %s, at line %d, column %d (byte %d).",
		detail, syntax.Message, syntax.Line, syntax.Column, syntax.Offset).
		With(failure.Field{Path: "body", Message: syntax.Message, Line: syntax.Line, Column: syntax.Column})
}

// text reads a string. Half a surrogate pair cannot be kept as UTF-8 text, and is refused rather than changed.
func text(to *string) func([]byte) string {
	return func(raw []byte) string {
		if raw[0] != '"' {
			return "must be a string"
		}
		if info, err := rawjson.Inspect(raw, 0); err != nil || info.LoneSurrogates {
			return "must not contain half of a surrogate pair (such as \\ud800 alone)"
		}
		if json.Unmarshal(raw, to) != nil {
			return "must be a string"
		}
		return ""
	}
}

// orNull reads a value that may be null, which says the same as leaving it out.
func orNull(set func([]byte) string) func([]byte) string {
	return func(raw []byte) string {
		if string(raw) == "null" {
			return ""
		}
		if message := set(raw); message != "" {
			return message + " or null"
		}
		return ""
	}
}

// identifier reads a UUID.
func identifier(to *uuid.UUID) func([]byte) string {
	return func(raw []byte) string {
		var value string
		if text(&value)(raw) != "" || len(value) != canonicalUUID || uuid.Validate(value) != nil {
			return "must be a string that holds a UUID"
		}
		*to = uuid.MustParse(value)
		return ""
	}
}

// maxVersion is the largest number of a version: it is stored in 32 bits.
const maxVersion = 1<<31 - 1

// version reads the number of a version.
func version(to *int) func([]byte) string {
	return func(raw []byte) string {
		n, err := strconv.Atoi(string(raw))
		if err != nil || n < 1 || n > maxVersion {
			return "must be a whole number from 1"
		}
		*to = n
		return ""
	}
}

// payload takes a value as it is.
func payload(to *[]byte) func([]byte) string {
	return func(raw []byte) string {
		*to = raw
		return ""
	}
}
