package jobs

import (
	"context"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// held knows the jobs that this process works on. The database may say of more that they run here: when the answer to a
// fetch is lost with a connection, the jobs in it are ours and nobody knows.
type held struct {
	river.MiddlewareDefaults

	mu   sync.Mutex
	jobs map[int64]time.Time // when each ended; zero while it is worked on
}

// heldAfter is how long a job is remembered after its end, for River to write that down. It retries when the database is
// away, and if it gives up the job has to be handed on after all.
const heldAfter = time.Minute

func newHeld() *held { return &held{jobs: map[int64]time.Time{}} }

// Work implements rivertype.WorkerMiddleware.
func (h *held) Work(ctx context.Context, job *rivertype.JobRow, work func(context.Context) error) error {
	h.set(job.ID, time.Time{})
	defer func() { h.set(job.ID, time.Now()) }()
	return work(ctx)
}

func (h *held) set(id int64, ended time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.jobs[id] = ended
}

// has reports whether this process works on a job, or did so a moment ago.
func (h *held) has(id int64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, ok := h.jobs[id]
	return ok
}

// forget forgets the jobs that ended before a time.
func (h *held) forget(before time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, ended := range h.jobs {
		if !ended.IsZero() && ended.Before(before) {
			delete(h.jobs, id)
		}
	}
}
