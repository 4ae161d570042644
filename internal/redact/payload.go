package redact

import (
	"math"
	"strconv"
	"strings"
)

// maskJSON is the mask as a JSON value.
const maskJSON = `"` + Mask + `"`

// Payload returns the payload with the mask in place of every value that a path leads to, as a JSON string. Everything
// else stays as it is, byte for byte. A text that is not valid JSON is masked as a whole.
func (p Paths) Payload(data []byte) []byte {
	if p.None() || len(data) == 0 {
		return data
	}
	var masked []byte
	done := 0
	if p.walk(data, func(from, to int) {
		masked = append(append(masked, data[done:from]...), maskJSON...)
		done = to
	}) != nil {
		return []byte(maskJSON)
	}
	if done == 0 {
		return data
	}
	return append(masked, data[done:]...)
}

// maxValues bounds how many values are looked for in texts. A payload with more of them has its texts masked whole.
const maxValues = 100_000

// values collects the strings and numbers that paths lead to, and those nested in what they lead to, in all the ways in
// which a script's texts may show them. It returns false when there are too many.
func (p Paths) values(payloads ...[]byte) (map[string]struct{}, bool) {
	set := map[string]struct{}{}
	for _, data := range payloads {
		if len(data) == 0 {
			continue
		}
		if p.walk(data, func(from, to int) {
			if len(set) <= maxValues {
				collect(set, data[from:to])
			}
		}) != nil {
			return nil, false
		}
	}
	return set, len(set) <= maxValues
}

// collect adds the strings and numbers of a value; the keys in it are not values.
func collect(set map[string]struct{}, data []byte) {
	for i := 0; i < len(data) && len(set) <= maxValues; {
		switch c := data[i]; {
		case c == '"':
			end := skipText(data, i)
			if !isKey(data, end) {
				addText(set, data[i:end])
			}
			i = end
		case c == '-' || c >= '0' && c <= '9':
			end := skipWord(data, i)
			addNumber(set, string(data[i:end]))
			i = end
		default:
			i++
		}
	}
}

// isKey reports whether the string that ends at i is a key: a colon follows.
func isKey(data []byte, i int) bool {
	for i < len(data) && (data[i] == ' ' || data[i] == '\n' || data[i] == '\r' || data[i] == '\t') {
		i++
	}
	return i < len(data) && data[i] == ':'
}

// addText adds a string as it is, as it stands in JSON, and as console.log shows it within an object.
func addText(set map[string]struct{}, raw []byte) {
	text := decoded(raw)
	set[text] = struct{}{}
	set[string(raw[1:len(raw)-1])] = struct{}{}
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == '\'' || r == '"' || r == '\\' }) {
		set[inspected.Replace(text)] = struct{}{}
		set[inspectedApostrophes.Replace(text)] = struct{}{}
		set[stringified(text)] = struct{}{}
	}
}

// addNumber adds a number as it was written and as JavaScript writes it.
func addNumber(set map[string]struct{}, written string) {
	set[written] = struct{}{}
	if f, err := strconv.ParseFloat(written, 64); err == nil {
		set[scriptNumber(f)] = struct{}{}
	}
}

// scriptNumber writes a number as JavaScript's String does.
func scriptNumber(f float64) string {
	if f == 0 {
		return "0"
	}
	if a := math.Abs(f); a >= 1e21 || a < 1e-6 {
		text := strconv.FormatFloat(f, 'e', -1, 64)
		// Go writes two digits of exponent at least, JavaScript as many as it takes.
		if n := len(text); text[n-2] == '0' && (text[n-3] == '-' || text[n-3] == '+') {
			text = text[:n-2] + text[n-1:]
		}
		return text
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}
