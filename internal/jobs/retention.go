package jobs

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// Payloads removes payloads that are past the retention of their script.
type Payloads interface {
	// RemoveDue removes what is due, until ctx ends, and returns how much there was.
	RemoveDue(ctx context.Context) (int, error)
}

// payloadsArgs is the periodic job that removes payloads past the retention of their script.
type payloadsArgs struct{}

// Kind implements river.JobArgs.
func (payloadsArgs) Kind() string { return "payload-retention" }

// InsertOpts implements river.JobArgsWithInsertOpts. There is one at a time, however long it takes.
func (payloadsArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueMaintenance, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning,
		rivertype.JobStateScheduled,
	}}}
}

const (
	// payloadsInterval is how far beyond its retention a payload is at most, as long as the removal keeps up.
	payloadsInterval = time.Minute
	// payloadsTime bounds one job, so that a large removal is no job that never ends. The next one goes on.
	payloadsTime = 50 * time.Second
)

type payloadsWorker struct {
	river.WorkerDefaults[payloadsArgs]

	payloads Payloads
	log      *slog.Logger
}

// Work implements river.Worker.
func (w *payloadsWorker) Work(ctx context.Context, _ *river.Job[payloadsArgs]) error {
	limited, cancel := context.WithTimeout(ctx, payloadsTime)
	defer cancel()
	removed, err := w.payloads.RemoveDue(limited)
	if removed > 0 {
		w.log.InfoContext(ctx, "removed payloads past their retention", "count", removed)
	}
	if ctx.Err() == nil && errors.Is(limited.Err(), context.DeadlineExceeded) {
		return nil
	}
	return err
}
