package jobs

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"peneira/internal/budget"
	"peneira/internal/execution"
)

// headstarts are runs of what this process is about to accept, begun in sandboxes that had nothing else to do. Their jobs are
// there for any worker like all others. A run that ends before its job is taken takes it as it writes its outcome; a worker
// of this process that takes the job before finds its run under way. A script has no effects but its result, so a run
// whose job another process took, or whose execution was not accepted, is forgotten, as if it had not been.
type headstarts struct {
	most    int // how many there may be that nobody has come for
	outputs *budget.Brake

	mu     sync.Mutex
	closed bool
	runs   map[uuid.UUID]*headstart
	all    sync.WaitGroup
}

// headstart is such a run.
type headstart struct {
	plan
	cancel   context.CancelFunc
	forget   *time.Timer
	accepted chan int64     // gets the job, once it is there
	taken    chan struct{}  // closed when somebody has come for it
	begun    chan time.Time // gets when the script began to run; closed and empty when it did not
	done     chan struct{}  // closed when the rest is set
	at       time.Time      // when it began
	outcome  execution.Outcome
	err      error
	free     func() // counts the output no longer
}

// plan is what a run is to be, and what becomes of it.
type plan struct {
	version int // that it is of
	run     func(ctx context.Context, begin func(at time.Time) error) (execution.Outcome, error)
	// write writes the outcome of one that has ended before somebody came for it, once its job is there.
	write func(job int64, begun time.Time, outcome execution.Outcome)
	// accept gives what is to be written of one that has ended before its execution was accepted.
	accept func(begun time.Time, outcome execution.Outcome) execution.Early
}

// headstartPatience is how long a run waits for its worker: the job is another process's then, or behind many others.
const headstartPatience = time.Second

func newHeadstarts(most int, outputs *budget.Brake) *headstarts {
	return &headstarts{most: most, outputs: outputs, runs: map[uuid.UUID]*headstart{}}
}

// begin begins a run. It reports false when there are too many already.
func (h *headstarts) begin(id uuid.UUID, plan plan) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || len(h.runs) >= h.most {
		return false
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &headstart{
		plan: plan, cancel: cancel,
		accepted: make(chan int64, 1), taken: make(chan struct{}), begun: make(chan time.Time, 1), done: make(chan struct{}),
	}
	h.runs[id] = s
	s.forget = time.AfterFunc(headstartPatience, func() { h.drop(id) })
	h.all.Go(func() {
		s.carryOut(ctx, h.outputs)
		if s.err != nil {
			return // whoever takes the job will see
		}
		select {
		case job := <-s.accepted:
			if h.take(id) == s {
				s.write(job, s.at, s.outcome)
				s.leave()
			}
		case <-s.taken:
		}
	})
	return true
}

func (s *headstart) carryOut(ctx context.Context, outputs *budget.Brake) {
	defer close(s.done)
	defer close(s.begun)
	s.outcome, s.err = s.run(ctx, func(at time.Time) error {
		s.at = at
		s.begun <- at
		return nil
	})
	s.free = outputs.Add(len(s.outcome.Output))
}

// ended waits for the end of a run, for a while at most. If that comes, who calls has come for it, and has to leave it.
func (h *headstarts) ended(ctx context.Context, id uuid.UUID, patience time.Duration) (*headstart, bool) {
	h.mu.Lock()
	s := h.runs[id]
	h.mu.Unlock()
	if s == nil {
		return nil, false
	}
	timeUp := time.NewTimer(patience)
	defer timeUp.Stop()
	select {
	case <-s.done:
		return s, s.err == nil && h.take(id) == s
	case <-timeUp.C:
	case <-ctx.Done():
	}
	return nil, false
}

// settle tells what an execution was accepted as: which version, 0 if it was not, and which job.
func (h *headstarts) settle(id uuid.UUID, version int, job int64) {
	h.mu.Lock()
	s := h.runs[id]
	h.mu.Unlock()
	switch {
	case s == nil:
	case s.version != version:
		h.drop(id)
	default:
		select {
		case s.accepted <- job:
		default: // it was told
		}
	}
}

// take returns the run of an execution, if there is one, to the first who asks.
func (h *headstarts) take(id uuid.UUID) *headstart {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.runs[id]
	if s != nil {
		delete(h.runs, id)
		s.forget.Stop()
		close(s.taken)
	}
	return s
}

// drop forgets the run of an execution, if nobody has come for it. It does not block.
func (h *headstarts) drop(id uuid.UUID) {
	if s := h.take(id); s != nil {
		s.cancel()
		go s.leave()
	}
}

// close ends all runs that nobody has come for, and returns when what was to be written of others is.
func (h *headstarts) close() {
	h.mu.Lock()
	h.closed = true
	ids := make([]uuid.UUID, 0, len(h.runs))
	for id := range h.runs {
		ids = append(ids, id)
	}
	h.mu.Unlock()
	for _, id := range ids {
		h.drop(id)
	}
	h.all.Wait()
}

// join waits for the end of the run of an execution, having called begin with when it began: an error of that ends the run,
// and is returned, and so does ctx's end. Other errors are as for the sandbox's Execute. It reports false when there is no
// such run of that version, or none that began.
func (h *headstarts) join(
	ctx context.Context, id uuid.UUID, version int, begin func(at time.Time) error,
) (outcome execution.Outcome, joined bool, err error) {
	s := h.take(id)
	if s == nil {
		return execution.Outcome{}, false, nil
	}
	defer s.leave()
	if s.version != version {
		return execution.Outcome{}, false, nil
	}
	select {
	case at, ok := <-s.begun:
		if !ok {
			return execution.Outcome{}, false, nil
		}
		if err := begin(at); err != nil {
			return execution.Outcome{}, true, err
		}
	case <-ctx.Done():
		return execution.Outcome{}, true, context.Cause(ctx)
	}
	select {
	case <-s.done:
	case <-ctx.Done():
		s.cancel()
		<-s.done
	}
	return s.outcome, true, s.err
}

// leave ends a run that may still be going on, and has its output counted no longer.
func (s *headstart) leave() {
	s.cancel()
	<-s.done
	s.free()
}
