// Package rawjson checks JSON text without decoding it.
//
// The service carries payloads as the bytes that were sent: what it needs to know about them is whether they are one
// valid JSON value (RFC 8259), where they are not, and whether PostgreSQL's JSONB can hold them. One pass over the text
// answers all of that and allocates nothing unless the text is wrong.
package rawjson

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// MaxDepth is the deepest nesting of arrays and objects that any function here accepts. Deeper text is an attack: every
// recursive reader further on (PostgreSQL's parser, the script engine, the client's own) pays a stack frame per level.
const MaxDepth = 1000

// ErrTooDeep is what a *SyntaxError unwraps to when the text is well-formed so far but nested deeper than allowed.
var ErrTooDeep = errors.New("nested too deep")

// SyntaxError says where and why a text is not acceptable JSON.
type SyntaxError struct {
	Offset  int    // bytes before the offending one, from 0
	Line    int    // from 1; lines end with "\n"
	Column  int    // from 1, in characters
	Message string // for people, for example `expected ":" after a key but found "}"`

	tooDeep bool
}

// Error implements error.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s (line %d, column %d)", e.Message, e.Line, e.Column)
}

// Unwrap returns ErrTooDeep when the nesting is what was refused, else nil.
func (e *SyntaxError) Unwrap() error {
	if e.tooDeep {
		return ErrTooDeep
	}
	return nil
}

// Check returns nil when data is exactly one JSON value in valid UTF-8, surrounded by nothing but white space and nested
// at most maxDepth deep; the depth of `[]` is 1, and maxDepth is taken as at most MaxDepth.
// Otherwise it returns a *SyntaxError, which unwraps to ErrTooDeep when only the nesting is refused.
func Check(data []byte, maxDepth int) error {
	_, err := Inspect(data, maxDepth)
	return err
}

// Inspect does what Check does and tells in the same pass what JSONB needs to know about the text.
func Inspect(data []byte, maxDepth int) (Info, error) {
	s := scanner{data: data, maxDepth: min(maxDepth, MaxDepth)}
	i := s.value(0)
	if i >= 0 {
		if i = s.space(i); i < len(data) {
			s.unexpected(i, "the end of the text")
		}
	}
	return s.info, s.err()
}

// Object walks the members of a text that holds one JSON object. For each member it calls each with the decoded key, the
// bytes of the value in place (a part of data, without the white space around it) and their offset in data. Values are
// checked as by Inspect, nested at most maxDepth deep each. Keys may repeat: that is for each to judge.
// It returns a *SyntaxError when data is not one valid object, or the first error of each, as it is.
func Object(data []byte, maxDepth int, each func(key string, raw []byte, offset int) error) error {
	s := scanner{data: data, maxDepth: min(maxDepth, MaxDepth)}
	i := s.space(0)
	if i >= len(data) || data[i] != '{' {
		s.unexpected(i, "an object that begins with {")
		return s.err()
	}
	if i = s.space(i + 1); i < len(data) && data[i] == '}' {
		return s.end(i + 1)
	}
	for {
		start := i
		after := s.key(start)
		if after < 0 {
			return s.err()
		}
		from := s.space(after)
		to := s.value(from)
		if to < 0 {
			return s.err()
		}
		if err := each(keyText(data[start:after]), data[from:to:to], from); err != nil {
			return err
		}
		switch i = s.space(to); {
		case i < len(data) && data[i] == ',':
			i = s.space(i + 1)
		case i < len(data) && data[i] == '}':
			return s.end(i + 1)
		default:
			s.unexpected(i, `"," or "}"`)
			return s.err()
		}
	}
}

// end checks that only white space follows i.
func (s *scanner) end(i int) error {
	if i = s.space(i); i < len(s.data) {
		s.unexpected(i, "the end of the text")
	}
	return s.err()
}

// err builds the error that the scan noted, or returns nil. Only here are line and column counted.
func (s *scanner) err() error {
	if s.message == "" {
		return nil
	}
	e := &SyntaxError{Offset: s.at, Line: 1, Message: s.message, tooDeep: s.tooDeep}
	line := 0 // where the line of the error starts
	for i, c := range s.data[:s.at] {
		if c == '\n' {
			e.Line++
			line = i + 1
		}
	}
	e.Column = utf8.RuneCount(s.data[line:s.at]) + 1
	return e
}
