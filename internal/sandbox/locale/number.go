// Package locale does for the sandbox's Intl what JavaScript is slow at: the digits of numbers, the fields of dates in a time
// zone, and the order of texts. It opens no files.
package locale

import (
	"math"
	"strconv"
	"strings"
)

// Digits says how a number is written.
type Digits struct {
	Shift       int    // how far the decimal point moves to the right first: 2 for per cent
	MinInteger  int    // least digits before the point
	Least, Most int    // digits after the point, or significant ones
	Significant bool   // whether they are significant ones
	Group       string // between groups of three; "" for none
	Point       string
}

// Float writes a number that is finite and not negative.
func (d Digits) Float(value float64) string {
	return d.Decimal(strconv.FormatFloat(math.Abs(value), 'f', -1, 64))
}

// Decimal writes a number that is given in decimal notation, without a sign or an exponent. A number is rounded half up, and
// from the shortest text that means it: 1.005 to two places is 1.01, as people expect, though its value is a little less.
func (d Digits) Decimal(text string) string {
	whole, fraction, _ := strings.Cut(text, ".")
	fraction += strings.Repeat("0", max(0, d.Shift-len(fraction)))
	whole, fraction = strings.TrimLeft(whole+fraction[:d.Shift], "0"), fraction[d.Shift:]

	places := d.Most
	least := d.Least
	if d.Significant {
		// The first digit that counts is the first that is not zero.
		lead := len(whole)
		if lead == 0 {
			lead = -(len(fraction) - len(strings.TrimLeft(fraction, "0")))
		}
		if whole == "" && strings.Trim(fraction, "0") == "" {
			lead = 1
		}
		places, least = d.Most-lead, d.Least-lead
	}
	whole, fraction = round(whole, fraction, places)
	fraction = strings.TrimRight(fraction, "0")
	fraction += strings.Repeat("0", max(0, least-len(fraction)))
	whole = strings.Repeat("0", max(0, d.MinInteger-len(whole))) + whole
	whole = group(whole, d.Group)
	if fraction == "" {
		return whole
	}
	return whole + d.Point + fraction
}

// round rounds a number half up to places after the point; before it if they are negative.
func round(whole, fraction string, places int) (string, string) {
	if places >= len(fraction) {
		return whole, fraction
	}
	all := []byte("0" + whole + fraction)
	keep := 1 + len(whole) + places
	if keep < 1 {
		return "", ""
	}
	up := all[keep] >= '5'
	for i := keep; i < len(all); i++ {
		all[i] = '0'
	}
	for i := keep - 1; up; i-- {
		if all[i] == '9' {
			all[i] = '0'
			continue
		}
		all[i]++
		up = false
	}
	point := 1 + len(whole)
	return strings.TrimLeft(string(all[:point]), "0"), string(all[point:])
}

const groupDigits = 3

func group(whole, separator string) string {
	if separator == "" || len(whole) <= groupDigits {
		return whole
	}
	var b strings.Builder
	for i, c := range []byte(whole) {
		if i > 0 && (len(whole)-i)%groupDigits == 0 {
			b.WriteString(separator)
		}
		b.WriteByte(c)
	}
	return b.String()
}
