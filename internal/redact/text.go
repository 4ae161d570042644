package redact

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"peneira/internal/execution"
)

// How values are recognised in texts.
const (
	// wordRunes is up to how many characters a value is masked only where it stands as a word of its own: masking every
	// "1" in a text would leave nothing of it.
	wordRunes = 3
	// anchorBytes is how much of a longer value gives it away: what follows of it is masked too, however much there is.
	anchorBytes = 16
	// cutBytes is how much of a value gives it away in front of the mark that a text was cut there.
	cutBytes = 4
	cutMark  = "…"
)

// These write a string as console.log shows it within an object: in single quotes, or in others that it does not hold.
var (
	inspected            = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`, `'`, `\'`)
	inspectedApostrophes = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`)
)

// stringified writes a string as JSON.stringify does, without the quotes.
func stringified(text string) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil {
		return text // cannot be: every string encodes
	}
	return strings.NewReplacer(`\u2028`, "\u2028", `\u2029`, "\u2029").Replace(strings.TrimSuffix(b.String(), "\n")[1 : b.Len()-2])
}

// Outcome masks what a run's logs and error say of the values that the paths lead to in its input and its output. The
// output itself stays as it is.
func (p Paths) Outcome(input []byte, outcome execution.Outcome) execution.Outcome {
	if p.None() || len(outcome.Logs) == 0 && outcome.Err == nil {
		return outcome
	}
	t := newTexts(p.values(input, outcome.Output))
	logs := make([]execution.LogEntry, len(outcome.Logs))
	for i, entry := range outcome.Logs {
		if entry.Level != "system" { // a note of ours
			entry.Message = t.mask(entry.Message)
		}
		logs[i] = entry
	}
	outcome.Logs = logs
	if e := outcome.Err; e != nil {
		masked := *e
		masked.Name, masked.Message, masked.Stack = t.mask(e.Name), t.mask(e.Message), t.mask(e.Stack)
		outcome.Err = &masked
	}
	return outcome
}

// texts masks values in texts.
type texts struct {
	whole   bool                // there are too many values to look for: every text is masked whole
	short   map[string]struct{} // values of at most anchorBytes
	lengths [anchorBytes + 1]bool
	long    []string // the others, sorted
	all     []string // both, sorted
	starts  map[[2]byte]struct{}
}

func newTexts(values map[string]struct{}, complete bool) *texts {
	t := &texts{whole: !complete, short: map[string]struct{}{}, starts: map[[2]byte]struct{}{}}
	for value := range values {
		if strings.IndexFunc(value, isWord) < 0 {
			continue // blanks and signs tell nothing
		}
		t.all = append(t.all, value)
		t.starts[start(value)] = struct{}{}
		if len(value) > anchorBytes {
			t.long = append(t.long, value)
			continue
		}
		t.short[value] = struct{}{}
		t.lengths[len(value)] = true
	}
	slices.Sort(t.long)
	slices.Sort(t.all)
	return t
}

// start returns the first two bytes of a text, of which the second is 0 if there is only one.
func start(text string) [2]byte {
	if len(text) == 1 {
		return [2]byte{text[0]}
	}
	return [2]byte{text[0], text[1]}
}

// mask returns the text with the mask in place of every value.
func (t *texts) mask(text string) string {
	if text == "" || len(t.all) == 0 && !t.whole {
		return text
	}
	if t.whole {
		return Mask
	}
	var b strings.Builder
	done := 0
	for i := 0; i < len(text); {
		n := t.match(text, i)
		if n == 0 {
			i++
			continue
		}
		b.WriteString(text[done:i])
		b.WriteString(Mask)
		i += n
		done = i
	}
	if done == 0 {
		return text
	}
	b.WriteString(text[done:])
	return b.String()
}

// match returns how many bytes of a value stand in the text at i.
func (t *texts) match(text string, i int) int {
	rest := text[i:]
	_, two := t.starts[start(rest)]
	_, one := t.starts[[2]byte{rest[0]}]
	if !one && !two {
		return 0
	}
	longest := t.matchLong(rest)
	for n := min(anchorBytes, len(rest)); n > longest && n > 0; n-- {
		if !t.lengths[n] {
			continue
		}
		if _, ok := t.short[rest[:n]]; ok && fits(text, i, i+n) {
			longest = n
		}
	}
	return max(longest, t.matchCut(rest))
}

// matchLong returns how much of a long value rest begins with, if it is enough to give the value away. Of all values in
// their order, those next to where rest would stand have the most in common with it.
func (t *texts) matchLong(rest string) int {
	at, _ := slices.BinarySearch(t.long, rest)
	longest := 0
	for _, neighbour := range t.long[max(at-1, 0):min(at+1, len(t.long))] {
		longest = max(longest, common(neighbour, rest))
	}
	if longest < anchorBytes {
		return 0
	}
	return longest
}

// matchCut returns how much of a value stands in front of a mark that the text was cut.
func (t *texts) matchCut(rest string) int {
	n := strings.Index(rest[:min(len(rest), anchorBytes+len(cutMark))], cutMark)
	if n < cutBytes {
		return 0
	}
	at, _ := slices.BinarySearch(t.all, rest[:n])
	if at < len(t.all) && strings.HasPrefix(t.all[at], rest[:n]) {
		return n
	}
	return 0
}

// common returns how many bytes two texts begin alike with, in whole characters.
func common(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	for n > 0 && n < len(b) && !utf8.RuneStart(b[n]) {
		n--
	}
	return n
}

// fits reports whether a value that stands in text[from:to] is to be masked there: a short one only as a word of its own.
func fits(text string, from, to int) bool {
	if utf8.RuneCountInString(text[from:to]) > wordRunes {
		return true
	}
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	after, _ := utf8.DecodeRuneInString(text[to:])
	return !isWord(before) && !isWord(after)
}

// isWord reports whether a character is part of a word. The end of a text decodes as U+FFFD, which is not.
func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
