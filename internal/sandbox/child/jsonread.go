package child

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"unicode/utf16"
	"unicode/utf8"

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

// str reads a string. One with a lone surrogate comes as UTF-16 units, every other as a Go string.
func (r *reader) str() (string, []uint16, error) {
	r.at++ // the quote
	rest := r.text[r.at:]
	for i := range len(rest) {
		switch c := rest[i]; {
		case c == '"':
			r.at += i + 1
			return rest[:i], nil, nil
		case c == '\\':
			return r.escaped(i)
		case c < ' ':
			r.at += i
			return "", nil, r.wrong()
		}
	}
	r.at = len(r.text)
	return "", nil, r.wrong()
}

// escapes are the values of the one-letter escapes.
var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escaped reads a string on from its first escape, which is i bytes ahead.
func (r *reader) escaped(i int) (string, []uint16, error) {
	b := append([]byte(nil), r.text[r.at:r.at+i]...)
	lone := false // whether there is a lone surrogate, which stands in b in the form that UTF-8 forbids
	r.at += i
	for r.at < len(r.text) {
		c := r.text[r.at]
		switch {
		case c == '"':
			r.at++
			if lone {
				return "", units(b), nil
			}
			return string(b), nil, nil
		case c < ' ':
			return "", nil, r.wrong()
		case c != '\\':
			b = append(b, c)
			r.at++
		default:
			var err error
			if b, err = r.escape(b, &lone); err != nil {
				return "", nil, err
			}
		}
	}
	return "", nil, r.wrong()
}

// escape reads one escape, or the two that make one character.
func (r *reader) escape(b []byte, lone *bool) ([]byte, error) {
	if r.at+1 >= len(r.text) {
		return nil, r.wrong()
	}
	letter := r.text[r.at+1]
	if letter != 'u' {
		if escapes[letter] == 0 {
			return nil, r.wrong()
		}
		r.at += 2
		return append(b, escapes[letter]), nil
	}
	unit, ok := r.unit(r.at)
	if !ok {
		return nil, r.wrong()
	}
	r.at += 6
	if !utf16.IsSurrogate(unit) {
		return utf8.AppendRune(b, unit), nil
	}
	if low, ok := r.unit(r.at); ok {
		if pair := utf16.DecodeRune(unit, low); pair != utf8.RuneError {
			r.at += 6
			return utf8.AppendRune(b, pair), nil
		}
	}
	*lone = true
	const low, high = 0x3F, 0x0F
	//nolint:gosec // the masks leave what fits
	return append(b, 0xE0|byte(unit>>12&high), 0x80|byte(unit>>6&low), 0x80|byte(unit&low)), nil
}

// unit reads the escape \uXXXX at a place, if there is one.
func (r *reader) unit(at int) (rune, bool) {
	if at+6 > len(r.text) || r.text[at] != '\\' || r.text[at+1] != 'u' {
		return 0, false
	}
	var u rune
	for _, c := range []byte(r.text[at+2 : at+6]) {
		digit := hexDigit(c)
		if digit < 0 {
			return 0, false
		}
		u = u<<4 | digit
	}
	return u, true
}

func hexDigit(c byte) rune {
	switch {
	case '0' <= c && c <= '9':
		return rune(c - '0')
	case 'a' <= c && c <= 'f':
		return rune(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return rune(c-'A') + 10
	default:
		return -1
	}
}

// units turns UTF-8, in which lone surrogates stand in three bytes like any other unit, into UTF-16.
func units(b []byte) []uint16 {
	u := make([]uint16, 0, len(b))
	for i := 0; i < len(b); {
		if c, size := utf8.DecodeRune(b[i:]); c != utf8.RuneError || size != 1 {
			u = utf16.AppendRune(u, c)
			i += size
			continue
		}
		u = append(u, uint16(b[i]&0x0F)<<12|uint16(b[i+1]&0x3F)<<6|uint16(b[i+2]&0x3F))
		i += 3
	}
	return u
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
