package postgres

import (
	"time"

	"github.com/google/uuid"

	"peneira/internal/execution"
)

// recentTime and recentBytes bound how long, and how much of, what has ended here is kept for those who ask for it a moment
// later, as most clients do. A payload that is removed meanwhile is given for no longer than that.
const (
	recentTime  = 5 * time.Second
	recentBytes = 4 << 20
)

// recent are executions that have just ended in this process, without payloads that are large. Nothing changes in an execution
// that has ended, but that its payloads are removed in the end.
type recent struct {
	entries map[uuid.UUID]recentEntry
	order   []uuid.UUID // from the oldest
	bytes   int
}

type recentEntry struct {
	execution execution.Execution
	at        time.Time
	bytes     int
}

func newRecent() *recent { return &recent{entries: map[uuid.UUID]recentEntry{}} }

// keep keeps an execution that ended at a time.
func (r *recent) keep(e execution.Execution, now time.Time) {
	bytes := len(e.Input) + len(e.Output) + freshBytes
	for _, entry := range e.Logs {
		bytes += len(entry.Message)
	}
	r.entries[e.ID] = recentEntry{e, now, bytes}
	r.order = append(r.order, e.ID)
	r.bytes += bytes
	for len(r.order) > 0 {
		oldest := r.entries[r.order[0]]
		if r.bytes <= recentBytes && now.Sub(oldest.at) <= recentTime {
			return
		}
		r.bytes -= oldest.bytes
		delete(r.entries, r.order[0])
		r.order = r.order[1:]
	}
}

// find returns an execution that ended not longer than recentTime ago.
func (r *recent) find(id uuid.UUID, now time.Time) (execution.Execution, bool) {
	entry, ok := r.entries[id]
	return entry.execution, ok && now.Sub(entry.at) <= recentTime
}
