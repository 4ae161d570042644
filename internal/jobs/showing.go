package jobs

import (
	"context"
	"time"

	"peneira/internal/execution"
)

// showAfter is how long a run lasts before it is shown as running. Most runs are over sooner: for them the row is written
// once, with the outcome, which halves what PostgreSQL has to do.
const showAfter = 20 * time.Millisecond

// showing is a run that is, or will be, shown as begun.
type showing struct {
	timer *time.Timer
	done  chan struct{} // closed when Start has returned
	err   error         // what it returned
}

// now shows the run at once, and returns why it cannot be shown.
func (s *showing) now() error {
	if s.timer.Stop() {
		s.timer.Reset(0)
	}
	<-s.done
	return s.err
}

// show has a run shown as begun after a while, unless it ends before. If that cannot be done, because the execution has
// ended or was handed on, the run is cancelled: its outcome would not count.
func (w *executionWorker) show(ctx context.Context, run execution.Run, cancel context.CancelCauseFunc) *showing {
	s := &showing{done: make(chan struct{})}
	s.timer = time.AfterFunc(showAfter, func() {
		defer close(s.done)
		if s.err = w.executions.Start(context.WithoutCancel(ctx), run); s.err != nil {
			cancel(s.err)
			return
		}
		go w.follow(ctx, run, cancel)
	})
	return s
}

// follow cancels a run when somebody else ends its execution. It ends with ctx.
func (w *executionWorker) follow(ctx context.Context, run execution.Run, cancel context.CancelCauseFunc) {
	for ctx.Err() == nil {
		woken, leave := w.endings.Watch(run.ExecutionID)
		if status, err := w.executions.Status(ctx, run.ExecutionID); err == nil && status.Terminal() {
			cancel(execution.ErrEnded)
		}
		select {
		case <-woken:
		case <-ctx.Done():
		}
		leave()
	}
}

// end is called when the run has ended. It tells whether the run was shown, or why it could not be.
func (s *showing) end() (bool, error) {
	if s.timer.Stop() {
		return false, nil
	}
	<-s.done
	return s.err == nil, s.err
}
