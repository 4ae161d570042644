package pattern

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
)

func TestRewrite(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ pattern, flags, want string }{
		{`a\p{L}`, "g", `a\p{L}`},
		{`\p{ASCII_Hex_Digit}`, "u", `[\u{30}-\u{39}\u{41}-\u{46}\u{61}-\u{66}]`},
		{`[\p{AHex}_\]^$]`, "um", `[\u{30}-\u{39}\u{41}-\u{46}\u{61}-\u{66}_\]^$]`},
		{`\P{ASCII}`, "u", `[\u{80}-\u{10ffff}]`},
		{`[^\P{ASCII}]`, "u", `[^\u{80}-\u{10ffff}]`},
		{`\\p{L}`, "u", `\\p{L}`},
		{`^\^\$[$^]$`, "m", lineStart + `\^\$[$^]` + lineEnd},
		{`^a$`, "g", `^a$`},
		{`(?<a>b)`, "u", `(?=)(?<a>b)`},
		{`(?<name>^)\`, "m", `(?<name>` + lineStart + `)\`},
	} {
		if got, err := Rewrite(c.pattern, c.flags); err != nil || got != c.want {
			t.Errorf("%s: %q, %v", c.pattern, got, err)
		}
	}
	for _, wrong := range []string{`\p{Nope}`, `\p`, `\pL`, `\p{`, `\p{gc=Alphabetic}`, `\p{sc=L}`, `\p{Script}`, `\P{l}`, `\p{gc=Greek}`, `\p{}`} {
		if got, err := Rewrite(wrong, "u"); err == nil {
			t.Errorf("%s: %q", wrong, got)
		}
	}
}

// TestPropertiesFollowUnicode compares with the tables of Go, which are of an older version: what those have stays so.
func TestPropertiesFollowUnicode(t *testing.T) {
	t.Parallel()
	has := func(name string) func(rune) bool {
		text, err := class(name, false)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		text = strings.NewReplacer(`\u{`, `\x{`).Replace(text)
		return func(c rune) bool { return regexp.MustCompile("^[" + text + "]$").MatchString(string(c)) }
	}
	for name, table := range map[string]*unicode.RangeTable{
		"L": unicode.L, "Letter": unicode.L, "gc=Lu": unicode.Lu, "Nd": unicode.Nd, "Sc": unicode.Sc, "sc=Greek": unicode.Greek,
		"Script=Latin": unicode.Latin, "White_Space": unicode.White_Space, "Script_Extensions=Cyrl": unicode.Cyrillic,
	} {
		matches := has(name)
		for _, c := range "aZ9é ÇΩя€\u00a0ſ中٣😀_-" {
			if strings.Contains(name, "_Ext") && !unicode.Is(table, c) {
				continue
			}
			if got := matches(c); got != unicode.Is(table, c) {
				t.Errorf("\\p{%s} of %q: %v", name, c, got)
			}
		}
	}
	if !has("Emoji_Presentation")('😀') || has("Emoji_Presentation")('a') || !has("LC")('a') || has("Cn")('a') {
		t.Error("a property is wrong")
	}
}
