package child

import (
	"github.com/dop251/goja"
)

// seen remembers short strings that were read, so that one that comes again, as names of months and products do in every
// row, is made once. A string with accents is turned into UTF-16 once, then.
type seen struct {
	entries []seenEntry
	asked   int
	found   int
}

type seenEntry struct {
	plain string
	value goja.Value
}

const (
	seenBytes   = 24   // longer strings are not remembered
	seenEntries = 512  // a power of two
	seenFew     = 32   // the same, for a small input
	seenTrial   = 4096 // after how many strings it is judged whether remembering pays
)

// value returns the value of a text, the same as before if it was seen.
func (s *seen) value(m *maker, t scanned) goja.Value {
	if len(t.plain) > seenBytes || t.units != nil || s.asked == seenTrial && s.found < seenTrial/4 {
		return t.value(m)
	}
	if s.entries == nil {
		s.entries = make([]seenEntry, seenFew)
		if m.most > seenFew {
			s.entries = make([]seenEntry, seenEntries)
		}
	}
	e := &s.entries[hashText(t.plain)&uint32(len(s.entries)-1)] //nolint:gosec // at most seenEntries
	if s.asked < seenTrial {
		s.asked++
	}
	if e.value != nil && e.plain == t.plain {
		if s.asked < seenTrial {
			s.found++
		}
		return e.value
	}
	t.plain, t.lent = m.owned(t), false
	e.plain, e.value = t.plain, t.value(m)
	return e.value
}

// hashText mixes a short text. It need not be good, only fast: what collides is made anew.
func hashText(t string) uint32 {
	h := uint32(len(t)) //nolint:gosec // at most seenBytes
	for i := range len(t) {
		h = h*31 + uint32(t[i])
	}
	return h ^ h>>9
}
