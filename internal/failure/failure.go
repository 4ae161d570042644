// Package failure holds the one error type that crosses package borders.
//
// A failure says what kind of thing went wrong and what the caller can do about it, in words that are safe to show.
// Every other error is an internal one: it is logged once, at the edge, and the caller reads a fixed text.
package failure

import (
	"errors"
	"fmt"
)

// Kind says whose move it is. The API maps each kind to one HTTP status.
type Kind string

// The kinds of failure.
const (
	NotFound     Kind = "not-found"    // there is no such thing, or no longer
	Gone         Kind = "gone"         // it was there, and was removed for good
	Invalid      Kind = "invalid"      // the request cannot be carried out as written
	Conflict     Kind = "conflict"     // the request does not fit the present state
	TooLarge     Kind = "too-large"    // a limit on size refuses it
	Unauthorized Kind = "unauthorized" // the caller has not shown who they are
	Limited      Kind = "limited"      // too many requests; try again later
	Unavailable  Kind = "unavailable"  // a part we need is not there; try again later
	Internal     Kind = "internal"     // our fault
)

// Error is a failure that its caller may read.
type Error struct {
	Kind Kind
	// Code names the problem within its kind, for example "script-not-found". It is the last part of the problem type.
	// Empty means the kind itself.
	Code string
	// Detail tells the caller what is wrong and what to do, in one or two plain sentences.
	Detail string
	// Fields points at the parts of the request that are wrong, if any.
	Fields []Field
	// Err is the cause, for logs only.
	Err error
}

// Field is one wrong part of a request.
type Field struct {
	// Path is where it stands, for example "content" or "data.rows[3]".
	Path string
	// Message says what is wrong with it.
	Message string
	// Line and Column are one-based positions within the value of the field; zero when they do not apply.
	Line, Column int
	// Excerpt shows the line with a caret below the column, in two lines of text; empty when it does not apply.
	Excerpt string
}

// Error implements error.
func (e *Error) Error() string {
	text := string(e.Kind)
	if e.Code != "" {
		text = e.Code
	}
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// New returns a failure of the given kind and code; the detail is formatted as by fmt.Sprintf.
func New(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Detail: fmt.Sprintf(format, args...)}
}

// With returns the failure with a wrong field added.
func (e *Error) With(fields ...Field) *Error {
	e.Fields = append(e.Fields, fields...)
	return e
}

// Because returns the failure with its cause, which is logged and never shown.
func (e *Error) Because(err error) *Error {
	e.Err = err
	return e
}

// KindOf returns the kind of err: Internal for anything that is not a failure, and "" for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}
