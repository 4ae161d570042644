package pattern

import (
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"unicode"
)

// properties holds the ranges of each property that Unicode gives to characters, as Node knows them.
//
//go:embed properties.txt
var properties string

// characterRange is a range of characters, both ends included.
type characterRange struct{ first, last rune }

// lines finds the line of properties for a name. It is made when it is first needed.
var lines = sync.OnceValue(func() map[string]string {
	found := make(map[string]string)
	for line := range strings.Lines(properties) {
		names, ranges, ok := strings.Cut(line, ": ")
		if !ok {
			continue
		}
		for name := range strings.SplitSeq(names, ",") {
			found[name] = strings.TrimSpace(ranges)
		}
	}
	return found
})

// classes keeps what was made of names, which few programs use many of.
var classes sync.Map

// class returns the inside of a character class that matches what \p{name}, or \P{name} if without is set, does.
func class(name string, without bool) (string, error) {
	key := strconv.FormatBool(without) + name
	if known, ok := classes.Load(key); ok {
		if text, ok := known.(string); ok {
			return text, nil
		}
	}
	ranges, err := rangesOf(name)
	if err != nil {
		return "", err
	}
	if without {
		ranges = complement(ranges)
	}
	var b strings.Builder
	for _, r := range ranges {
		fmt.Fprintf(&b, `\u{%x}`, r.first)
		if r.last > r.first {
			fmt.Fprintf(&b, `-\u{%x}`, r.last)
		}
	}
	classes.Store(key, b.String())
	return b.String(), nil
}

// errNoProperty is what engines say of a property that there is not.
var errNoProperty = errors.New("Invalid regular expression: Invalid property name") //nolint:staticcheck // as engines say it

// shortNames are the names that properties with values have in the file.
var shortNames = map[string]string{"General_Category": "gc", "Script": "sc", "Script_Extensions": "scx"}

// rangesOf returns the ranges of a property, named as within \p{…}. The error is errNoProperty.
func rangesOf(name string) ([]characterRange, error) {
	if key, value, ok := strings.Cut(name, "="); ok {
		if short, long := shortNames[key]; long {
			name = short + "=" + value
		}
	}
	text, ok := lines()[name]
	if !ok {
		return nil, errNoProperty
	}
	return parseRanges(text)
}

// parseRanges reads one line of properties: for each range the distance from the end of the last, and what it adds to that.
func parseRanges(text string) ([]characterRange, error) {
	const base = 36
	var ranges []characterRange
	end := int64(0)
	for field := range strings.FieldsSeq(text) {
		distance, size, wide := strings.Cut(field, "+")
		skip, err := strconv.ParseInt(distance, base, 32)
		more := int64(0)
		if err == nil && wide {
			more, err = strconv.ParseInt(size, base, 32)
		}
		if err != nil {
			return nil, err
		}
		start := end + skip
		end = start + more
		ranges = append(ranges, characterRange{rune(start), rune(end)}) //nolint:gosec // within Unicode
	}
	return ranges, nil
}

// complement returns the ranges of all other characters.
func complement(ranges []characterRange) []characterRange {
	var others []characterRange
	next := rune(0)
	for _, r := range ranges {
		if r.first > next {
			others = append(others, characterRange{next, r.first - 1})
		}
		next = r.last + 1
	}
	if next <= unicode.MaxRune {
		others = append(others, characterRange{next, unicode.MaxRune})
	}
	return others
}
