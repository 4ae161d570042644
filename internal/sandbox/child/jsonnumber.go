package child

import (
	"errors"
	"math"
	"strconv"

	"github.com/dop251/goja"
)

// powersOfTen are those that a double holds exactly.
var powersOfTen = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// maxDigits is how many digits always fit an int64.
const maxDigits = 18

// number reads a number as the double nearest to it.
func (r *reader) number() (goja.Value, error) {
	text, at := r.text, r.at
	negative := text[at] == '-'
	if negative {
		at++
	}
	first := at
	n := int64(0)
	for at < len(text) && isDigit(text[at]) {
		n = 10*n + int64(text[at]-'0') // it may overflow, but then there are more than maxDigits
		at++
	}
	digits := at - first
	if digits == 0 || digits > 1 && text[first] == '0' {
		return nil, r.wrong()
	}
	fraction := 0
	if at < len(text) && text[at] == '.' {
		at++
		start := at
		for at < len(text) && isDigit(text[at]) {
			n = 10*n + int64(text[at]-'0')
			at++
		}
		if fraction = at - start; fraction == 0 {
			return nil, r.wrong()
		}
		digits += fraction
	}
	if digits > maxDigits || n > maxInteger || n == 0 && negative || at < len(text) && text[at]|0x20 == 'e' {
		return r.anyNumber()
	}
	r.at = at
	if negative {
		n = -n
	}
	if fraction == 0 {
		return r.maker.integer(n), nil
	}
	// Both are exact, so the quotient is the double nearest to the number.
	return r.maker.number(float64(n) / powersOfTen[fraction]), nil
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// anyNumber reads a number that is long, has an exponent, or is -0.
func (r *reader) anyNumber() (goja.Value, error) {
	start, at := r.at, r.at
	for at < len(r.text) && (isDigit(r.text[at]) || r.text[at] == '-' || r.text[at] == '.') {
		at++
	}
	if at < len(r.text) && r.text[at]|0x20 == 'e' {
		at++
		if at < len(r.text) && (r.text[at] == '-' || r.text[at] == '+') {
			at++
		}
		for at < len(r.text) && isDigit(r.text[at]) {
			at++
		}
	}
	f, err := strconv.ParseFloat(r.text[start:at], 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return nil, r.wrong()
	}
	r.at = at
	return r.maker.number(f), nil // beyond the range, f is an infinity, as in JavaScript
}

// number makes a number, which the engine keeps as an integer if it is one.
func (m *maker) number(f float64) goja.Value {
	if f != math.Trunc(f) {
		return m.float(f)
	}
	return m.vm.ToValue(f) // an integer, an infinity, -0
}
