package postgres

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"peneira/internal/execution"
)

func TestRecentIsBounded(t *testing.T) {
	t.Parallel()
	r, now := newRecent(), time.Unix(0, 0)
	keep := func(bytes int) uuid.UUID {
		e := execution.Execution{ID: uuid.New(), Output: make([]byte, bytes)}
		r.keep(e, now)
		return e.ID
	}
	has := func(id uuid.UUID) bool {
		_, ok := r.find(id, now)
		return ok
	}
	first := keep(10)
	now = now.Add(recentTime)
	second := keep(10)
	if !has(first) || !has(second) {
		t.Error("what has just ended is not there")
	}
	now = now.Add(1)
	if has(first) || !has(second) {
		t.Error("what ended longer ago is there, or what did not is not")
	}
	for range 2 * recentBytes / getBytes {
		keep(getBytes)
	}
	if has(second) || r.bytes > recentBytes || len(r.entries) != len(r.order) || len(r.order) == 0 {
		t.Errorf("%d bytes in %d entries are kept, in order %d", r.bytes, len(r.entries), len(r.order))
	}
	keep(2 * recentBytes)
	if len(r.order) != 0 || len(r.entries) != 0 || r.bytes != 0 {
		t.Errorf("one that is too large leaves %d bytes", r.bytes)
	}
}
