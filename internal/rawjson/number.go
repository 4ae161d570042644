package rawjson

// decimal is the shape of a number as written: how long its parts are and what its exponent is.
type decimal struct {
	whole    int // digits before the point
	fraction int // digits after it
	exponent int // as written, kept within ±maxExponent
	hasE     bool
	length   int // bytes of the number as written
}

// maxExponent is where reading an exponent stops: far beyond what PostgreSQL or any script can hold, far below overflow.
const maxExponent = 1 << 30

// number scans the number that begins at i.
func (s *scanner) number(i int) int {
	d, next := s.decimal(i)
	if d.hasE || d.length > longNumber {
		s.info.add(d)
	}
	return next
}

// decimal scans the number that begins at i and returns its shape and the index after it.
func (s *scanner) decimal(i int) (d decimal, next int) {
	data, start := s.data, i
	if data[i] == '-' {
		i++
	}
	from := i
	i = digits(data, i)
	switch d.whole = i - from; {
	case d.whole == 0:
		return decimal{}, s.unexpected(i, "a digit")
	case d.whole > 1 && data[from] == '0':
		return decimal{}, s.fail(from, "a number must not begin with 0 when other digits follow")
	}
	if i < len(data) && data[i] == '.' {
		from = i + 1
		i = digits(data, from)
		if d.fraction = i - from; d.fraction == 0 {
			return decimal{}, s.unexpected(i, "a digit after the decimal point")
		}
	}
	if i < len(data) && data[i]|0x20 == 'e' {
		d.hasE = true
		if d.exponent, i = exponent(data, i+1); i < 0 {
			return decimal{}, s.unexpected(-i, "a digit in the exponent")
		}
	}
	d.length = i - start
	return d, i
}

// digits returns the index of the first byte at or after i that is not a digit.
func digits(data []byte, i int) int {
	for i < len(data) && data[i]-'0' <= 9 {
		i++
	}
	return i
}

// exponent reads the signed exponent at i. It returns its value and the index after it; or, when there is no digit,
// the index where one was expected, negated.
func exponent(data []byte, i int) (value, next int) {
	negative := false
	if i < len(data) && (data[i] == '+' || data[i] == '-') {
		negative = data[i] == '-'
		i++
	}
	from := i
	for i < len(data) && data[i]-'0' <= 9 {
		value = min(value*10+int(data[i]-'0'), maxExponent)
		i++
	}
	if i == from {
		return 0, -i
	}
	if negative {
		value = -value
	}
	return value, i
}
