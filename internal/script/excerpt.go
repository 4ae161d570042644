package script

import (
	"strings"
	"unicode"
)

// LineOf returns a line of a source, from 1, as JavaScript counts lines. It reports false when there is no such line.
func LineOf(source string, line int) (string, bool) {
	for ; line > 1; line-- {
		end, width := lineEnd(source)
		if width == 0 {
			return "", false
		}
		source = source[end+width:]
	}
	end, _ := lineEnd(source)
	return source[:end], line == 1
}

// lineEnd returns where the first line of source ends and how many bytes end it.
func lineEnd(source string) (end, width int) {
	const separators = "\n\r\u2028\u2029"
	end = strings.IndexAny(source, separators)
	if end < 0 {
		return len(source), 0
	}
	switch {
	case strings.HasPrefix(source[end:], "\r\n"):
		return end, 2
	case source[end] == '\n', source[end] == '\r':
		return end, 1
	default:
		return end, len("\u2028")
	}
}

// excerptRunes is how much of a line is shown before and after the place.
const excerptRunes = 60

// Excerpt shows the line of a source in which something is wrong, with a caret below the place: two lines, of which a
// long one is cut. Line and column count from 1, the column in characters. It is "" when there is no such place.
func Excerpt(source string, line, column int) string {
	text, ok := LineOf(source, line)
	if !ok || column < 1 {
		return ""
	}
	runes := []rune(strings.ToValidUTF8(text, "\uFFFD"))
	at := min(column-1, len(runes))
	begin, end := max(0, at-excerptRunes), min(len(runes), at+excerptRunes)
	var shown, pad strings.Builder
	if begin > 0 {
		shown.WriteRune('…')
		pad.WriteByte(' ')
	}
	for i, c := range runes[begin:end] {
		blank := ' '
		switch {
		case c == '\t':
			blank = c // the caret stays below whatever the width of a tab
		case !unicode.IsPrint(c):
			c = '\uFFFD' // a terminal might obey it
		}
		shown.WriteRune(c)
		if begin+i < at {
			pad.WriteRune(blank)
		}
	}
	if end < len(runes) {
		shown.WriteRune('…')
	}
	return shown.String() + "\n" + pad.String() + "^"
}
