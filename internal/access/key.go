// Package access holds who may do what: keys, their scopes and limits, and what is recorded of their use.
package access

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"peneira/internal/failure"
)

// Key lets its holder use the service. The secret itself is not kept, only its hash.
type Key struct {
	ID        uuid.UUID
	Name      string // for people; need not be unique
	Hint      string // how the secret begins
	Scopes    []Scope
	Limits    Limits
	CreatedAt time.Time
	ExpiresAt *time.Time // nil: never
	LastUsed  *time.Time // to about a second; nil: never
	RevokedAt *time.Time // nil: it is not
}

// Limits bound what one key may ask of one process. Zero stands for the setting that holds for all keys.
type Limits struct {
	RequestsPerSecond  int // 1 to MaxRequestsPerSecond
	ExecutionsInFlight int // accepted and not ended; 1 to MaxExecutionsInFlight
}

// The largest limits of a key.
const (
	MaxRequestsPerSecond  = 1_000_000
	MaxExecutionsInFlight = 10_000_000
)

// Allows reports whether the key has all the scopes, or is an administrator's.
func (k Key) Allows(needed ...Scope) bool {
	if slices.Contains(k.Scopes, Admin) {
		return true
	}
	for _, scope := range needed {
		if !slices.Contains(k.Scopes, scope) {
			return false
		}
	}
	return true
}

// Alive reports whether the key may be used at a time.
func (k Key) Alive(now time.Time) bool {
	return k.RevokedAt == nil && (k.ExpiresAt == nil || now.Before(*k.ExpiresAt))
}

// Draft is a key that is to be made.
type Draft struct {
	ID        uuid.UUID // to make it under; zero makes a new one
	Name      string
	Scopes    []Scope
	Limits    Limits
	ExpiresAt *time.Time
}

// MaxName is how many characters the name of a key may have.
const MaxName = 100

// Validate checks a draft whose scopes ParseScopes gave. It returns a failure of kind Invalid that names what is wrong.
func (d Draft) Validate(now time.Time) error {
	var fields []failure.Field
	add := func(path, message string) { fields = append(fields, failure.Field{Path: path, Message: message}) }
	if n := utf8.RuneCountInString(d.Name); strings.TrimSpace(d.Name) == "" || n > MaxName || !utf8.ValidString(d.Name) ||
		strings.IndexFunc(d.Name, unicode.IsControl) >= 0 {
		add("name", fmt.Sprintf("must have 1 to %d characters, not all of them blank and none a control character", MaxName))
	}
	if d.ExpiresAt != nil && !d.ExpiresAt.After(now) {
		add("expiresAt", "must be in the future")
	}
	if n := d.Limits.RequestsPerSecond; n < 0 || n > MaxRequestsPerSecond {
		add("requestsPerSecond", fmt.Sprintf("must be from 1 to %d", MaxRequestsPerSecond))
	}
	if n := d.Limits.ExecutionsInFlight; n < 0 || n > MaxExecutionsInFlight {
		add("executionsInFlight", fmt.Sprintf("must be from 1 to %d", MaxExecutionsInFlight))
	}
	if len(fields) > 0 {
		return invalid(fields...)
	}
	return nil
}

func invalid(fields ...failure.Field) error {
	return failure.New(failure.Invalid, "invalid-key", "The key cannot be made: %s %s.", fields[0].Path, fields[0].Message).With(fields...)
}

// NotFound is the failure for a key that is not there.
func NotFound(id uuid.UUID) *failure.Error {
	return failure.New(failure.NotFound, "key-not-found", "There is no key %s.", id)
}

// Stored is a key with the hash of its secret.
type Stored struct {
	Key  Key
	Hash Hash
}

// Use is that a key was used.
type Use struct {
	KeyID uuid.UUID
	At    time.Time
}

// NotSignedIn is the failure of a request whose session is over, or never was.
func NotSignedIn() *failure.Error {
	return failure.New(failure.Unauthorized, "not-signed-in", "This needs a key, and the request carries none that is valid.")
}
