package lower

import (
	"strings"

	"peneira/internal/script"
)

// Position returns the line and column of the source, from 1 and in bytes, that a position of the code stands for. It is
// 0, 0 for code that the compiler added.
func (c *Code) Position(line, column int) (sourceLine, sourceColumn int) {
	at, ok := find(c.mappings, line-1, column-1)
	if !ok || at.line < 0 || at.column < 0 {
		return 0, 0
	}
	text, ok := script.LineOf(c.source, at.line+1)
	if !ok {
		return 0, 0
	}
	return at.line + 1, byteOf(text, at.column) + 1
}

// place is a position, from 0.
type place struct{ line, column int }

// find returns the place that the last mapping at or before a position in the code's line names.
func find(mappings string, line, column int) (place, bool) {
	var at, found place
	ok := false
	for n := 0; ; n++ {
		text, rest, more := strings.Cut(mappings, ";")
		begin := 0 // the code's column, which each line begins anew
		for segment := range strings.SplitSeq(text, ",") {
			if segment == "" {
				continue
			}
			fields, count := decode(segment)
			begin += fields[0]
			named := count >= 4
			if named {
				at.line += fields[2]
				at.column += fields[3]
			}
			if n == line && begin <= column {
				found, ok = at, named
			}
		}
		if n == line || !more {
			return found, ok
		}
		mappings = rest
	}
}

const (
	base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	digitBits    = 5 // of each base 64 digit; the sixth bit says that another digit follows
	moreDigits   = 1 << digitBits
	maxShift     = 30
)

// decode reads the numbers of one segment: column of the code, index of the source, line and column of the source, name.
// Each is the difference to the one before.
func decode(segment string) (fields [5]int, count int) {
	value, shift := 0, 0
	for i := 0; i < len(segment) && count < len(fields); i++ {
		digit := strings.IndexByte(base64Digits, segment[i])
		if digit < 0 || shift > maxShift {
			return fields, 0
		}
		value |= (digit &^ moreDigits) << shift
		shift += digitBits
		if digit&moreDigits != 0 {
			continue
		}
		fields[count] = value >> 1
		if value&1 != 0 {
			fields[count] = -fields[count]
		}
		count++
		value, shift = 0, 0
	}
	return fields, count
}

// byteOf turns a column in UTF-16 units, as source maps count, into one in bytes.
func byteOf(text string, column int) int {
	const astral = 0x10000
	for i, c := range text {
		if column <= 0 {
			return i
		}
		column--
		if c >= astral {
			column--
		}
	}
	return len(text)
}
