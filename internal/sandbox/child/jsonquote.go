package child

import (
	"encoding/binary"
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"

	"github.com/dop251/goja/unistring"
)

// room looks whether n more bytes fit the limit, before they are set aside.
func (w *writer) room(n int) error {
	if w.size()+int64(n) > w.most {
		return errOutput
	}
	return nil
}

// ascii writes a string of ASCII alone.
func (w *writer) ascii(s string) error { return w.quoted(s) }

// imported writes a string of the engine's that is kept as UTF-8.
func (w *writer) imported(s string) error {
	if !utf8.ValidString(s) {
		return w.unicode(utf16.Encode([]rune(s)))
	}
	return w.quoted(s)
}

// quoted writes a string of valid UTF-8.
func (w *writer) quoted(s string) error {
	if err := w.room(len(s)); err != nil {
		return err
	}
	w.buf = appendQuoted(w.buf, s)
	return nil
}

// appendQuoted adds a string of valid UTF-8 as JSON.
func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	for {
		n := plainLength(s)
		b = append(b, s[:n]...)
		if n == len(s) {
			return append(b, '"')
		}
		b = appendEscaped(b, uint16(s[n]))
		s = s[n+1:]
	}
}

// plainLength returns how many bytes of s come before the first that must be escaped.
func plainLength(s string) int {
	i := 0
	for b := unsafe.Slice(unsafe.StringData(s), len(s)); len(b)-i >= 8; i += 8 { //nolint:gosec // only read
		if special(binary.LittleEndian.Uint64(b[i:])) != 0 {
			break
		}
	}
	for i < len(s) && s[i] >= ' ' && s[i] != '"' && s[i] != '\\' {
		i++
	}
	return i
}

const hexDigits = "0123456789abcdef"

// appendEscaped adds the escape of a unit that JSON.stringify does not write as it is.
func appendEscaped(b []byte, unit uint16) []byte {
	switch unit {
	case '"', '\\':
		return append(b, '\\', byte(unit))
	case '\b':
		return append(b, `\b`...)
	case '\t':
		return append(b, `\t`...)
	case '\n':
		return append(b, `\n`...)
	case '\f':
		return append(b, `\f`...)
	case '\r':
		return append(b, `\r`...)
	default:
		return append(b, '\\', 'u', hexDigits[unit>>12], hexDigits[unit>>8&15], hexDigits[unit>>4&15], hexDigits[unit&15])
	}
}

// unicode writes a string of UTF-16.
func (w *writer) unicode(units []uint16) error {
	if err := w.room(len(units)); err != nil {
		return err
	}
	w.buf = appendUnits(w.buf, units)
	return nil
}

// appendUnits adds a string of UTF-16 as JSON. Lone surrogates are escaped.
func appendUnits(b []byte, units []uint16) []byte {
	b = append(b, '"')
	for i := 0; i < len(units); i++ {
		c := rune(units[i])
		if utf16.IsSurrogate(c) {
			pair := utf8.RuneError
			if i+1 < len(units) {
				pair = utf16.DecodeRune(c, rune(units[i+1]))
			}
			if pair == utf8.RuneError {
				b = appendEscaped(b, units[i])
				continue
			}
			c = pair
			i++
		}
		if c < ' ' || c == '"' || c == '\\' {
			b = appendEscaped(b, units[i])
		} else {
			b = utf8.AppendRune(b, c)
		}
	}
	return append(b, '"')
}

// key returns a name as JSON, with its colon. The rows of a result have the same names.
func (w *writer) key(name unistring.String) []byte {
	at := len(name)
	if at > 0 {
		at += int(name[0])*7 + int(name[at-1])*3 + int(name[at/2])
	}
	k := &w.keys[at%len(w.keys)]
	if k.text == nil || k.name != name {
		k.name = name
		if units := name.AsUtf16(); units != nil {
			k.text = appendUnits(nil, units[1:])
		} else {
			k.text = appendQuoted(nil, string(name))
		}
		k.text = append(k.text, ':')
	}
	return k.text
}

// appendFloat adds a number as JavaScript writes it; what JSON has no number for is null.
func appendFloat(b []byte, f float64) []byte {
	// Amounts of money are what most scripts compute. Fifteen digits are the shortest that give this number back.
	const cents, exact = 100, 1e15
	if hundreds := math.Round(f * cents); hundreds > -exact && hundreds < exact && hundreds/cents == f && hundreds != 0 {
		return appendHundreds(b, int64(hundreds))
	}
	switch size := math.Abs(f); {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return append(b, "null"...)
	case f == 0:
		return append(b, '0')
	case 1e-6 <= size && size < 1e21:
		return strconv.AppendFloat(b, f, 'f', -1, 64)
	default:
		return appendExponent(b, f)
	}
}

// appendHundreds adds n hundredths.
func appendHundreds(b []byte, n int64) []byte {
	if n < 0 {
		b = append(b, '-')
		n = -n
	}
	b = strconv.AppendInt(b, n/100, 10)
	switch rest := byte(n % 100); { //nolint:gosec // below 100
	case rest == 0:
		return b
	case rest%10 == 0:
		return append(b, '.', '0'+rest/10)
	default:
		return append(b, '.', '0'+rest/10, '0'+rest%10)
	}
}

// appendExponent adds a number with an exponent, of which Go writes at least two digits and JavaScript as few as it can.
func appendExponent(b []byte, f float64) []byte {
	b = strconv.AppendFloat(b, f, 'e', -1, 64)
	if n := len(b); b[n-3] == '-' && b[n-2] == '0' {
		b[n-2] = b[n-1]
		b = b[:n-1]
	}
	return b
}
