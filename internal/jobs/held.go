package jobs

import (
	"context"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// held knows the jobs that this process works on. The database may say of more that they run here: when the answer to a
// fetch is lost with a connection, the jobs in it are ours and nobody knows. And it may say of fewer: when a crash of it
// forgot a fetch.
type held struct {
	river.MiddlewareDefaults

	mu   sync.Mutex
	jobs map[int64]holding
}

// holding is what is known of a job. A crash of the database may forget that a job was ever there, and give its number to
// another: the time at which it was made tells them apart.
type holding struct {
	made    time.Time
	ended   time.Time // zero while it is worked on
	givenUp bool      // whether it is another's now
}

// heldAfter is how long a job is remembered after its end, for River to write that down. It retries when the database is
// away, and if it gives up the job has to be handed on after all.
const heldAfter = time.Minute

func newHeld() *held { return &held{jobs: map[int64]holding{}} }

// Work implements rivertype.WorkerMiddleware.
func (h *held) Work(ctx context.Context, job *rivertype.JobRow, work func(context.Context) error) error {
	h.begin(job)
	defer h.change(job, func(j *holding) { j.ended = time.Now() })
	return work(ctx)
}

// giveUp notes that a job is another's now: what River says of it here must change nothing.
func (h *held) giveUp(job *rivertype.JobRow) {
	h.change(job, func(j *holding) { j.givenUp = true })
}

func (h *held) begin(job *rivertype.JobRow) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.jobs[job.ID] = holding{made: job.CreatedAt}
}

// change changes what is known of a job, unless its number is another's by now.
func (h *held) change(job *rivertype.JobRow, do func(*holding)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if j, ok := h.jobs[job.ID]; ok && j.made.Equal(job.CreatedAt) {
		do(&j)
		h.jobs[job.ID] = j
	}
}

// has reports whether this process works on a job, or did so a moment ago.
func (h *held) has(id int64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, ok := h.jobs[id]
	return ok
}

// works reports whether this process works on a job.
func (h *held) works(job *rivertype.JobRow) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	j, ok := h.jobs[job.ID]
	return ok && j.ended.IsZero() && j.made.Equal(job.CreatedAt)
}

// allGivenUp reports whether each of some jobs is another's now.
func (h *held) allGivenUp(ids []int64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, id := range ids {
		if !h.jobs[id].givenUp {
			return false
		}
	}
	return true
}

// forget forgets the jobs that ended before a time.
func (h *held) forget(before time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, j := range h.jobs {
		if !j.ended.IsZero() && j.ended.Before(before) {
			delete(h.jobs, id)
		}
	}
}
