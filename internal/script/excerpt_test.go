package script_test

import (
	"strings"
	"testing"

	"peneira/internal/script"
)

func TestExcerpt(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 200)
	for _, c := range []struct {
		name, source string
		line, column int
		want         string
	}{
		{"first", "let a = ;", 1, 9, "let a = ;\n        ^"},
		{"second of three", "a\r\n  b ++ c\u2028d", 2, 5, "  b ++ c\n    ^"},
		{"tabs stay tabs", "\t\tx +;", 1, 6, "\t\tx +;\n\t\t   ^"},
		{"characters, not bytes", "/* çã😀 */ x", 1, 11, "/* çã😀 */ x\n          ^"},
		{"end of the text", "function f() {", 1, 15, "function f() {\n              ^"},
		{"past the end", "ab", 1, 99, "ab\n  ^"},
		{"long", long + "!" + long, 1, 201, "…" + long[:60] + "!" + long[:59] + "…\n" + strings.Repeat(" ", 61) + "^"},
		{"control characters", "a\x1b[31mb", 1, 2, "a\uFFFD[31mb\n ^"},
		{"empty line", "\n\nx", 2, 1, "\n^"},
		{"no such line", "a\nb", 3, 1, ""},
		{"unknown", "a", 0, 0, ""},
		{"no column", "a", 1, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := script.Excerpt(c.source, c.line, c.column); got != c.want {
				t.Errorf("got\n%q\nwant\n%q", got, c.want)
			}
		})
	}
}
