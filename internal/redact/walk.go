package redact

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"

	"peneira/internal/rawjson"
)

// maxWork bounds how many states one walk looks at, which is a second or two: the paths and the payload may both be
// somebody's who wants to keep this process, that no sandbox holds, busy.
const maxWork = 1 << 28

// errTooMuchWork says that the paths lead too many ways through the payload.
var errTooMuchWork = errors.New("the paths lead too many ways through the payload")

// walker finds what paths lead to in a JSON text that has been checked.
type walker struct {
	paths [][]step
	data  []byte
	found func(from, to int) // the bytes of a value that a path leads to
	// states is a stack: those that hold in the values we are within lie one behind the other. Those of one value are in
	// the order of their paths and of the steps that are taken, and no two are the same.
	states []state
	work   int // how many states may still be looked at
}

// state says that the first steps of a path lead to where we are. It is small because a deep payload takes many.
type state struct{ path, taken uint16 }

// walk calls found for every value that a path leads to, in their order. It returns an error when the text is not one
// valid JSON value, and errTooMuchWork when not every value was found.
func (p Paths) walk(data []byte, found func(from, to int)) error {
	if err := rawjson.Check(data, rawjson.MaxDepth); err != nil {
		return err
	}
	if len(p.paths) > math.MaxUint16 {
		return errTooMuchWork
	}
	w := walker{paths: p.paths, data: data, found: found, work: maxWork}
	for i := range p.paths {
		w.states = append(w.states, state{path: uint16(i)})
	}
	w.value(w.space(0), 0)
	if w.work < 0 {
		return errTooMuchWork
	}
	return nil
}

// value walks the value at i, for which the states from the given one on hold, and returns the index after it.
func (w *walker) value(i, states int) int {
	for _, s := range w.states[states:] {
		if int(s.taken) == len(w.paths[s.path]) {
			end := skip(w.data, i)
			w.found(i, end)
			return end
		}
	}
	if len(w.states) == states {
		return skip(w.data, i)
	}
	switch w.data[i] {
	case '{':
		return w.object(i, states)
	case '[':
		return w.array(i, states)
	default:
		return skip(w.data, i)
	}
}

func (w *walker) object(i, states int) int {
	i = w.space(i + 1)
	for w.data[i] != '}' {
		end := skip(w.data, i)
		key := name(w.data[i:end])
		i = w.space(w.space(end) + 1) // over the colon
		i = w.child(i, states, func(s step) bool { return s.index < 0 && string(key) == s.name })
		if i = w.space(i); w.data[i] == ',' {
			i = w.space(i + 1)
		}
	}
	return i + 1
}

func (w *walker) array(i, states int) int {
	i = w.space(i + 1)
	for n := 0; w.data[i] != ']'; n++ {
		i = w.child(i, states, func(s step) bool { return s.index == n })
		if i = w.space(i); w.data[i] == ',' {
			i = w.space(i + 1)
		}
	}
	return i + 1
}

// child walks a value within another, for which the states from the given one on hold.
func (w *walker) child(i, states int, leads func(step) bool) int {
	top := len(w.states)
	if w.work -= top - states; w.work < 0 {
		return skip(w.data, i)
	}
	for _, s := range w.states[states:top] {
		next := w.paths[s.path][s.taken]
		// A state that is there already must not be added again, or they double with each level. As they are in order, it
		// can only be the last one: the state before this one, advanced.
		if next.deep && (len(w.states) == top || w.states[len(w.states)-1] != s) {
			w.states = append(w.states, s)
		}
		if next.all || leads(next) {
			w.states = append(w.states, state{s.path, s.taken + 1})
		}
	}
	i = w.value(i, top)
	w.states = w.states[:top]
	return i
}

func (w *walker) space(i int) int {
	for i < len(w.data) && (w.data[i] == ' ' || w.data[i] == '\n' || w.data[i] == '\r' || w.data[i] == '\t') {
		i++
	}
	return i
}

// name returns the name that a key is, which stands in the text with its quotes.
func name(key []byte) []byte {
	if bytes.IndexByte(key, '\\') < 0 {
		return key[1 : len(key)-1]
	}
	return []byte(decoded(key))
}

// decoded returns the text of a JSON string with its quotes. Lone surrogates become U+FFFD.
func decoded(raw []byte) string {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return string(raw[1 : len(raw)-1]) // cannot be: the text was checked
	}
	return text
}

// skip returns the index after the value at i of a valid text.
func skip(data []byte, i int) int {
	depth := 0
	for {
		switch data[i] {
		case '"':
			i = skipText(data, i)
		case '{', '[':
			depth++
			i++
		case '}', ']':
			depth--
			i++
		case ' ', '\n', '\r', '\t', ',', ':':
			i++
		default:
			i = skipWord(data, i)
		}
		if depth == 0 {
			return i
		}
	}
}

// skipWord returns the index after the number or literal at i.
func skipWord(data []byte, i int) int {
	for i < len(data) {
		switch data[i] {
		case ' ', '\n', '\r', '\t', ',', ':', ']', '}':
			return i
		}
		i++
	}
	return i
}

// skipText returns the index after the string at i.
func skipText(data []byte, i int) int {
	for i++; data[i] != '"'; i++ {
		if data[i] == '\\' {
			i++
		}
	}
	return i + 1
}
