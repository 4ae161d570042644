// Package redact masks chosen members of payloads, and what a script wrote of them into its logs and errors.
//
// Payloads are walked as text and never decoded as a whole. Paths are a part of JSONPath (RFC 9535): $ is the payload,
// .name and ['name'] a member, [0] an item, .* and [*] all of them, and ..name a member at any depth.
package redact

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Mask stands for what is not shown.
const Mask = "•••"

// Limits on what is asked for.
const (
	MaxPaths     = 50
	MaxPathBytes = 200
	// MaxDeepSteps is how often a path may say "..": more say nothing that a payload needs, and take long to follow.
	MaxDeepSteps = 3
)

// Paths say what to mask. The zero value masks nothing.
type Paths struct{ paths [][]step }

// step leads from a value to some of those in it.
type step struct {
	name  string
	index int  // of an item; -1 when name counts
	all   bool // every member and item
	deep  bool // not only here but at any depth below
}

// None reports whether there is nothing to mask.
func (p Paths) None() bool { return len(p.paths) == 0 }

// Parse reads paths. The error says what is wrong with the first that is, in words for its author; at is its index.
func Parse(texts []string) (paths Paths, at int, err error) {
	if len(texts) > MaxPaths {
		return Paths{}, MaxPaths, fmt.Errorf("is one too many; there may be %d", MaxPaths)
	}
	for i, text := range texts {
		steps, err := parse(text)
		if err != nil {
			return Paths{}, i, err
		}
		if deepSteps(steps) > MaxDeepSteps {
			return Paths{}, i, fmt.Errorf(`may say ".." at most %d times`, MaxDeepSteps)
		}
		paths.paths = append(paths.paths, steps)
	}
	return paths, 0, nil
}

// Stored reads paths that were checked when they were stored, of however many versions.
func Stored(texts []string) (Paths, error) {
	var paths Paths
	for _, text := range texts {
		steps, err := parse(text)
		if err != nil {
			return Paths{}, fmt.Errorf("path %q: it %w", text, err)
		}
		paths.paths = append(paths.paths, steps)
	}
	return paths, nil
}

func parse(text string) ([]step, error) {
	rest, ok := strings.CutPrefix(text, "$")
	switch {
	case !ok:
		return nil, errors.New(`must begin with $, such as "$.customer.cpf", "$.rows[*].email" or "$..cpf"`)
	case len(text) > MaxPathBytes:
		return nil, fmt.Errorf("must have at most %d bytes", MaxPathBytes)
	case !utf8.ValidString(text), strings.ContainsRune(text, 0):
		return nil, errors.New("must be valid UTF-8 without U+0000")
	}
	var steps []step
	for rest != "" {
		var next step
		var err error
		if next, rest, err = parseStep(rest); err != nil {
			return nil, err
		}
		steps = append(steps, next)
	}
	return steps, nil
}

func deepSteps(steps []step) int {
	n := 0
	for _, s := range steps {
		if s.deep {
			n++
		}
	}
	return n
}

// parseStep reads the step that rest begins with.
func parseStep(rest string) (step, string, error) {
	next := step{index: -1}
	switch {
	case strings.HasPrefix(rest, ".."):
		next.deep = true
		if rest = rest[2:]; !strings.HasPrefix(rest, "[") {
			return parseName(next, rest)
		}
	case rest[0] == '.':
		return parseName(next, rest[1:])
	}
	if rest[0] != '[' {
		return next, "", fmt.Errorf("must go on with . or [ where it says %q", first(rest))
	}
	return parseBracket(next, rest[1:])
}

// parseName reads a name after a dot: letters, digits, _, $ and - need no brackets.
func parseName(next step, rest string) (step, string, error) {
	if after, ok := strings.CutPrefix(rest, "*"); ok {
		next.all = true
		return next, after, nil
	}
	end := strings.IndexFunc(rest, func(r rune) bool { return strings.ContainsRune(".[]'\"*?@(), ", r) })
	if end < 0 {
		end = len(rest)
	}
	if end == 0 {
		return next, "", errors.New("must have a name or * after each dot; a name with other characters is written ['…']")
	}
	next.name = rest[:end]
	return next, rest[end:], nil
}

// parseBracket reads what stands between [ and ].
func parseBracket(next step, rest string) (step, string, error) {
	if rest == "" {
		return next, "", errors.New("ends within brackets")
	}
	if rest[0] == '\'' || rest[0] == '"' {
		return parseQuoted(next, rest[0], rest[1:])
	}
	inner, after, found := strings.Cut(rest, "]")
	switch {
	case !found:
		return next, "", errors.New("ends within brackets")
	case inner == "*":
		next.all = true
	default:
		n, err := strconv.ParseUint(inner, 10, 31)
		if err != nil {
			return next, "", fmt.Errorf("has %q in brackets, where a whole number, * or a name in quotes must stand", inner)
		}
		next.index = int(n)
	}
	return next, after, nil
}

// parseQuoted reads a name in quotes, in which a backslash takes the next character as it is.
func parseQuoted(next step, quote byte, rest string) (step, string, error) {
	var name strings.Builder
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case '\\':
			i++
			if i == len(rest) {
				return next, "", errors.New("ends within quotes")
			}
		case quote:
			after, ok := strings.CutPrefix(rest[i+1:], "]")
			if !ok {
				return next, "", errors.New("must have ] after a name in quotes")
			}
			next.name = name.String()
			return next, after, nil
		}
		name.WriteByte(rest[i])
	}
	return next, "", errors.New("ends within quotes")
}

// first returns the first character of a text that is not empty.
func first(text string) string {
	_, size := utf8.DecodeRuneInString(text)
	return text[:size]
}
