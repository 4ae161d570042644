package child

import (
	"regexp"
	"strings"
)

// iteratorSource is where a text asks for an iterator: what stands before it that takes the iterator apart at once, what
// it asks, and what follows.
var iteratorSource = regexp.MustCompile(
	`(\.\.\.|\bof\s|\b(?:from|Map|Set)\()?\s*([\w$.?]*)\.(?:values|keys|entries)\s*\(\s*(\))?\s*(\??\.)?`)

// iteratorHelpers are methods of iterators that the engine lacks and arrays have, so that their names say little.
var iteratorHelpers = []string{".map", ".filter", ".flatMap", ".reduce", ".forEach", ".some", ".every", ".find"}

// usesIterators reports whether a text may use a method of iterators that the engine lacks. Their names are those of
// methods of arrays, which nearly every script uses: so a script must get an iterator from somewhere and not just spread it.
func usesIterators(text string) bool {
	text = strings.ReplaceAll(text, "asyncIterator", "") // which is another one's
	if words("Iterator", "toArray", ".take", ".drop")(text) {
		return true
	}
	if !words(iteratorHelpers...)(text) {
		return false
	}
	if words("yield", "matchAll", "iterator")(text) {
		return true
	}
	if !words("values", "keys", "entries")(text) {
		return false
	}
	for _, m := range iteratorSource.FindAllStringSubmatch(text, -1) {
		taken, from, empty, member := m[1] != "", strings.TrimSuffix(m[2], "?"), m[3] != "", m[4] != ""
		if from == "Object" || taken && empty && !member {
			continue
		}
		return true
	}
	return false
}
