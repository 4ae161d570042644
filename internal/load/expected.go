package load

import (
	"bytes"
	"encoding/json"
	"sync/atomic"
)

// expected is the output that every execution must have.
type expected struct {
	compact []byte                 // without white space between tokens; nil until the first output gives it
	seen    atomic.Pointer[[]byte] // an output that was right, as it was written: most others are the same bytes
}

func newExpected(output []byte) *expected {
	e := &expected{}
	if output != nil {
		e.compact = compacted(output)
	}
	return e
}

// matches reports whether an output is the expected one. The first call, which must have no other beside it, gives the
// expected output when there is none.
func (e *expected) matches(output []byte) bool {
	if seen := e.seen.Load(); seen != nil && bytes.Equal(*seen, output) {
		return true
	}
	compact := compacted(output)
	if e.compact == nil {
		e.compact = compact
	}
	if !bytes.Equal(compact, e.compact) {
		return false
	}
	kept := bytes.Clone(output)
	e.seen.Store(&kept)
	return true
}

// compacted returns JSON without white space between tokens. Keys keep their order and numbers their spelling, which is
// how results must be.
func compacted(output []byte) []byte {
	var b bytes.Buffer
	if json.Compact(&b, output) != nil {
		return output // compared as it is, it equals no JSON
	}
	return b.Bytes()
}
