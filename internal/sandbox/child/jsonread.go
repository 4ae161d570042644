package child

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/dop251/goja"
)

// The engine's own JSON.parse reads through a decoder that turns lone surrogates into U+FFFD, refuses 1e400 and is slow.
// This reader gives exactly what the standard's JSON.parse gives.

// maxDepth bounds the nesting that the reader follows. The parent accepts less.
const maxDepth = 10_000

// errDepth is the error of a text that is nested too deep.
var errDepth = errors.New("the input is nested too deep")

// reader reads one JSON text. It runs before any guest code, so the realm's objects behave as the standard says.
type reader struct {
	text   string
	at     int
	depth  int
	count  int
	stop   *atomic.Bool
	values []goja.Value // members and items that are read and whose container is not
	root   *shape
	shapes int
	maker  *maker
	seen   seen
}

// readJSON returns the value of a JSON text, parts of which it keeps: nothing may write to it. The error is errDeadline
// once stop is set, errDepth, or says where the text is not JSON, which the parent has ruled out.
func readJSON(vm *goja.Runtime, text string, stop *atomic.Bool) (goja.Value, error) {
	r := &reader{text: text, stop: stop, root: newShape(), maker: newMaker(vm, len(text))}
	r.space()
	v, err := r.value()
	if err != nil {
		return nil, err
	}
	r.space()
	if r.at != len(r.text) {
		return nil, r.wrong()
	}
	return v, nil
}

func (r *reader) wrong() error { return fmt.Errorf("the input is not JSON at byte %d", r.at) }

func (r *reader) space() {
	for r.at < len(r.text) {
		switch r.text[r.at] {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return
		}
	}
}

// next skips white space and returns the byte that follows, or 0 at the end.
func (r *reader) next() byte {
	if r.at < len(r.text) && r.text[r.at] > ' ' {
		return r.text[r.at]
	}
	r.space()
	if r.at == len(r.text) {
		return 0
	}
	return r.text[r.at]
}

// stopEvery is after how many values the reader looks at the deadline.
const stopEvery = 1024

// value reads the value that begins at the reader's place.
func (r *reader) value() (goja.Value, error) {
	r.count++
	if r.count%stopEvery == 0 && r.stop.Load() {
		return nil, errDeadline
	}
	if r.at == len(r.text) {
		return nil, r.wrong()
	}
	switch r.text[r.at] {
	case '"':
		return r.stringValue()
	case '{':
		return r.nested((*reader).object)
	case '[':
		return r.nested((*reader).array)
	case 't':
		return r.literal("true", trueValue)
	case 'f':
		return r.literal("false", falseValue)
	case 'n':
		return r.literal("null", goja.Null())
	default:
		return r.number()
	}
}

var trueValue, falseValue = goja.New().ToValue(true), goja.New().ToValue(false)

func (r *reader) literal(word string, v goja.Value) (goja.Value, error) {
	if !strings.HasPrefix(r.text[r.at:], word) {
		return nil, r.wrong()
	}
	r.at += len(word)
	return v, nil
}

// nested reads an object or an array.
func (r *reader) nested(read func(*reader) (goja.Value, error)) (goja.Value, error) {
	r.depth++
	if r.depth > maxDepth {
		return nil, errDepth
	}
	v, err := read(r)
	r.depth--
	return v, err
}

// stringValue reads a string as a value.
func (r *reader) stringValue() (goja.Value, error) {
	s, err := r.str()
	if err != nil {
		return nil, err
	}
	return r.seen.value(r.maker, s), nil
}

// array reads an array, whose bracket is at the reader's place.
func (r *reader) array() (goja.Value, error) {
	r.at++
	if r.next() == ']' {
		r.at++
		return r.maker.array(nil), nil
	}
	base := len(r.values)
	for {
		r.space()
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		r.values = append(r.values, v)
		switch r.next() {
		case ',':
			r.at++
		case ']':
			r.at++
			items := append([]goja.Value(nil), r.values[base:]...)
			r.values = r.values[:base]
			return r.maker.array(items), nil
		default:
			return nil, r.wrong()
		}
	}
}
