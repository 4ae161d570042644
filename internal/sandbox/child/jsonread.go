package child

import (
	"errors"
	"fmt"
	"strconv"
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
	vm    *goja.Runtime
	tools *tools
	text  string
	at    int
	depth int
	count int
	stop  *atomic.Bool
}

// readJSON returns the value of a JSON text. The error is errDeadline once stop is set, errDepth, or says where the text
// is not JSON, which the parent has ruled out.
func readJSON(vm *goja.Runtime, t *tools, text string, stop *atomic.Bool) (goja.Value, error) {
	r := &reader{vm: vm, tools: t, text: text, stop: stop}
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
	r.space()
	if r.at == len(r.text) {
		return 0
	}
	return r.text[r.at]
}

// stopEvery is after how many values the reader looks at the deadline.
const stopEvery = 1024

func (r *reader) value() (goja.Value, error) {
	r.count++
	if r.count%stopEvery == 0 && r.stop.Load() {
		return nil, errDeadline
	}
	if r.at == len(r.text) {
		return nil, r.wrong()
	}
	switch r.text[r.at] {
	case '{':
		return r.nested(r.object)
	case '[':
		return r.nested(r.array)
	case '"':
		plain, units, err := r.str()
		if err != nil {
			return nil, err
		}
		if units != nil {
			return goja.StringFromUTF16(units), nil
		}
		return r.vm.ToValue(plain), nil
	case 't':
		return r.literal("true", r.vm.ToValue(true))
	case 'f':
		return r.literal("false", r.vm.ToValue(false))
	case 'n':
		return r.literal("null", goja.Null())
	default:
		return r.number()
	}
}

func (r *reader) literal(word string, v goja.Value) (goja.Value, error) {
	if !strings.HasPrefix(r.text[r.at:], word) {
		return nil, r.wrong()
	}
	r.at += len(word)
	return v, nil
}

func (r *reader) nested(read func() (goja.Value, error)) (goja.Value, error) {
	r.depth++
	if r.depth > maxDepth {
		return nil, errDepth
	}
	r.at++ // the bracket
	v, err := read()
	r.depth--
	return v, err
}

func (r *reader) array() (goja.Value, error) {
	var items []any
	if r.next() == ']' {
		r.at++
		return r.vm.NewArray(), nil
	}
	for {
		r.space()
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		items = append(items, v)
		switch r.next() {
		case ',':
			r.at++
		case ']':
			r.at++
			return r.vm.NewArray(items...), nil
		default:
			return nil, r.wrong()
		}
	}
}

func (r *reader) object() (goja.Value, error) {
	o := r.vm.NewObject()
	if r.next() == '}' {
		r.at++
		return o, nil
	}
	for {
		if r.next() != '"' {
			return nil, r.wrong()
		}
		plain, units, err := r.str()
		if err != nil {
			return nil, err
		}
		if r.next() != ':' {
			return nil, r.wrong()
		}
		r.at++
		r.space()
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		if err := r.put(o, plain, units, v); err != nil {
			return nil, err
		}
		switch r.next() {
		case ',':
			r.at++
		case '}':
			r.at++
			return o, nil
		default:
			return nil, r.wrong()
		}
	}
}

// put makes a member. One that is there already keeps its place and gets the new value.
func (r *reader) put(o *goja.Object, key string, units []uint16, v goja.Value) error {
	switch {
	case units != nil: // a key that Go's strings cannot hold
		descriptor := r.vm.NewObject()
		for name, value := range map[string]any{"value": v, "writable": true, "enumerable": true, "configurable": true} {
			if err := descriptor.Set(name, value); err != nil {
				return err
			}
		}
		_, err := r.tools.call(defineProperty, goja.Undefined(), o, goja.StringFromUTF16(units), descriptor)
		return err
	case key == "__proto__": // setting it would change the prototype
		return o.DefineDataProperty(key, v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE)
	default:
		return o.Set(key, v)
	}
}

// number reads a number as the double nearest to it.
func (r *reader) number() (goja.Value, error) {
	start := r.at
	integer := true
	for r.at < len(r.text) {
		c := r.text[r.at]
		if c == '.' || c == 'e' || c == 'E' || c == '+' {
			integer = false
		} else if c != '-' && (c < '0' || c > '9') {
			break
		}
		r.at++
	}
	text := r.text[start:r.at]
	const exactDigits = 15 // fewer than a double holds exactly
	if integer && len(text) <= exactDigits && text != "-0" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			r.at = start
			return nil, r.wrong()
		}
		return r.vm.ToValue(n), nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		r.at = start
		return nil, r.wrong()
	}
	return r.vm.ToValue(f), nil // beyond the range, f is an infinity, as in JavaScript
}
