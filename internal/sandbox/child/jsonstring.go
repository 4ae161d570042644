package child

import (
	"unicode/utf16"
	"unicode/utf8"
)

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
