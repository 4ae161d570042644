package child

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// scanned is a string as it was read.
type scanned struct {
	plain string   // unless there are units
	ascii bool     // plain is ASCII alone
	lent  bool     // plain is a part of the input
	units []uint16 // of a string with a lone surrogate, which plain cannot hold
}

// value makes a value of a text.
func (t scanned) value(m *maker) goja.Value {
	switch {
	case t.units != nil:
		return goja.StringFromUTF16(t.units)
	case t.ascii:
		return m.text(m.owned(t))
	default:
		return m.vm.ToValue(m.owned(t))
	}
}

// name returns a text as the engine names members.
func (t scanned) name() unistring.String {
	switch {
	case t.units != nil:
		return unistring.FromUtf16(append([]uint16{unistring.BOM}, t.units...))
	case t.ascii:
		return unistring.String(t.plain)
	default:
		return unistring.NewFromString(t.plain)
	}
}

// A string is searched eight bytes at a time for what ends it, what is escaped and what is forbidden.
const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
	quotes   = lowBits * '"'
	slashes  = lowBits * '\\'
	spaces   = lowBits * ' '
)

// special marks, with its highest bit, the first byte of a word that is a quote, a backslash or a control character.
// Later bytes may be marked too, whatever they are.
func special(word uint64) uint64 {
	// What is below ' ' borrows from its highest bit, and so does what is zero in the other two; a byte above 127 does not
	// count. What borrows may mislead about the bytes after it, never about those before.
	return ((word - spaces) | ((word ^ quotes) - lowBits) | ((word ^ slashes) - lowBits)) &^ word & highBits
}

// str reads a string, whose quote is at the reader's place.
func (r *reader) str() (scanned, error) {
	r.at++
	rest := r.text[r.at:]
	i, other := 0, uint64(0)
	for b := unsafe.Slice(unsafe.StringData(rest), len(rest)); len(b)-i >= 8; i += 8 { //nolint:gosec // only read
		word := binary.LittleEndian.Uint64(b[i:])
		if found := special(word); found != 0 {
			first := bits.TrailingZeros64(found)
			other |= word & highBits & (1<<first - 1)
			i += first / 8
			break
		}
		other |= word & highBits
	}
	for ; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == '"':
			r.at += i + 1
			return scanned{plain: rest[:i], ascii: other == 0, lent: true}, nil
		case c == '\\':
			return r.escaped(i)
		case c < ' ':
			r.at += i
			return scanned{}, r.wrong()
		case c >= utf8.RuneSelf:
			other = 1
		}
	}
	r.at = len(r.text)
	return scanned{}, r.wrong()
}

// escapes are the values of the one-letter escapes.
var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escaped reads a string on from its first escape, which is i bytes ahead.
func (r *reader) escaped(i int) (scanned, error) {
	b := append([]byte(nil), r.text[r.at:r.at+i]...)
	lone := false // whether there is a lone surrogate, which stands in b in the form that UTF-8 forbids
	r.at += i
	for r.at < len(r.text) {
		c := r.text[r.at]
		switch {
		case c == '"':
			r.at++
			if lone {
				return scanned{units: units(b)}, nil
			}
			return scanned{plain: string(b), ascii: isASCII(b)}, nil
		case c < ' ':
			return scanned{}, r.wrong()
		case c != '\\':
			b = append(b, c)
			r.at++
		default:
			var err error
			if b, err = r.escape(b, &lone); err != nil {
				return scanned{}, err
			}
		}
	}
	return scanned{}, r.wrong()
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
		c, size := utf8.DecodeRune(b[i:])
		if c == utf8.RuneError && size == 1 && len(b)-i >= 3 && b[i] == 0xED && b[i+1]&0xE0 == 0xA0 && b[i+2]&0xC0 == 0x80 {
			u = append(u, 0xD000|uint16(b[i+1]&0x3F)<<6|uint16(b[i+2]&0x3F))
			i += 3
			continue
		}
		u = utf16.AppendRune(u, c) // U+FFFD for what is no UTF-8, which the parent has ruled out
		i += size
	}
	return u
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
