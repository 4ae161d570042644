// Package pattern rewrites what the engine's regular expressions silently get wrong into what they get right: properties
// of characters (\p{L}) become ranges, the ends of lines are those of JavaScript and not \n alone, and patterns with names for
// groups go to that of the engine's two matchers that does not forget them.
package pattern

import (
	"fmt"
	"strings"
)

// Concerns reports whether Rewrite may change a pattern with these flags.
func Concerns(pattern, flags string) bool {
	if strings.ContainsRune(flags, 'm') && strings.ContainsAny(pattern, "^$") {
		return true
	}
	if !strings.ContainsRune(flags, 'u') {
		return false
	}
	return strings.Contains(pattern, `\p`) || strings.Contains(pattern, `\P`) || strings.Contains(pattern, groupName)
}

const (
	// groupName begins a group that has a name, or looks behind.
	groupName = "(?<"
	// nothing always matches, and the engine's first matcher does not know it.
	nothing = "(?=)"
)

// The ends of lines that the engine does not see: it stops at \n alone.
const (
	lineStart = `(?:^|(?<=[\r\u2028\u2029]))`
	lineEnd   = `(?:$|(?=[\r\u2028\u2029]))`
)

// Rewrite returns the pattern to give the engine. It does not judge what the engine does. The error is of a property that
// there is not, and is meant for a SyntaxError.
func Rewrite(pattern, flags string) (string, error) {
	if !Concerns(pattern, flags) {
		return pattern, nil
	}
	r := rewriter{rest: pattern, lines: strings.ContainsRune(flags, 'm'), unicode: strings.ContainsRune(flags, 'u')}
	if r.unicode && strings.Contains(pattern, groupName) {
		r.out.WriteString(nothing)
	}
	for r.rest != "" {
		if err := r.step(); err != nil {
			return "", err
		}
	}
	return r.out.String(), nil
}

// rewriter goes through a pattern.
type rewriter struct {
	rest           string
	out            strings.Builder
	lines, unicode bool
	inClass        bool
}

// step takes one escape or character.
func (r *rewriter) step() error {
	c := r.rest[0]
	switch {
	case c == '\\' && r.unicode && len(r.rest) > 1 && (r.rest[1] == 'p' || r.rest[1] == 'P'):
		return r.property()
	case c == '\\' && len(r.rest) > 1:
		r.take(2)
	case r.inClass:
		r.inClass = c != ']'
		r.take(1)
	case c == '[':
		r.inClass = true
		r.take(1)
	case c == '^' && r.lines:
		r.replace(1, lineStart)
	case c == '$' && r.lines:
		r.replace(1, lineEnd)
	default:
		r.take(1)
	}
	return nil
}

func (r *rewriter) take(n int) { r.replace(n, r.rest[:n]) }

func (r *rewriter) replace(n int, by string) {
	r.out.WriteString(by)
	r.rest = r.rest[n:]
}

// property rewrites \p{…} or \P{…}.
func (r *rewriter) property() error {
	end := strings.IndexByte(r.rest, '}')
	if end < 0 || r.rest[2] != '{' {
		return fmt.Errorf("Invalid regular expression: Invalid property name") //nolint:perfsprint,staticcheck // as engines say it
	}
	text, err := class(r.rest[len(`\p{`):end], r.rest[1] == 'P')
	if err != nil {
		return err
	}
	if !r.inClass {
		text = "[" + text + "]"
	}
	r.replace(end+1, text)
	return nil
}
