package jobs

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"peneira/internal/budget"
	"peneira/internal/execution"
	"peneira/internal/sandbox"
)

// headstarts are runs of what this process has just accepted, begun in sandboxes that had nothing else to do while River is
// still on its way to the jobs. A worker that takes such a job finds its run under way, or over. A script has no effects but
// its result, which only the worker of its job writes: a run that nobody comes for is forgotten, as if it had not been.
type headstarts struct {
	most    int // how many there may be, waited for or over
	outputs *budget.Brake

	mu   sync.Mutex
	runs map[uuid.UUID]*headstart
}

// headstart is such a run.
type headstart struct {
	cancel  context.CancelFunc
	forget  *time.Timer
	begun   chan time.Time // gets when the script began to run; closed and empty when it did not
	done    chan struct{}  // closed when the rest is set
	outcome execution.Outcome
	err     error
	free    func() // counts the output no longer
}

// headstartPatience is how long a run waits for its worker: the job is another process's then, or behind many others.
const headstartPatience = time.Second

func newHeadstarts(most int, outputs *budget.Brake) *headstarts {
	return &headstarts{most: most, outputs: outputs, runs: map[uuid.UUID]*headstart{}}
}

// Begin begins to run an execution that this process has just accepted, if a sandbox is idle and its source is at hand. It
// does not block.
func (c *Client) Begin(id uuid.UUID, task execution.Task) {
	if c.worker == nil || c.stopping.Err() != nil {
		return
	}
	source, ok := c.worker.sources.cached(task.ScriptID, task.ScriptVersion)
	if !ok {
		return
	}
	c.worker.headstarts.begin(id, func(ctx context.Context, begun func()) (execution.Outcome, error) {
		return c.worker.sandbox.Execute(ctx, sandbox.Request{
			Program: source.program, Input: task.Input, Limits: source.limits, OnlyIdle: true,
			OnStart: func(ctx context.Context) error {
				if err := c.worker.outputs.Wait(ctx); err != nil {
					return err
				}
				begun()
				return nil
			},
		})
	})
}

func (h *headstarts) begin(id uuid.UUID, run func(ctx context.Context, begun func()) (execution.Outcome, error)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.runs) >= h.most {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &headstart{cancel: cancel, begun: make(chan time.Time, 1), done: make(chan struct{})}
	h.runs[id] = s
	s.forget = time.AfterFunc(headstartPatience, func() {
		if h.take(id) != nil {
			s.leave()
		}
	})
	go func() {
		defer close(s.done)
		defer close(s.begun)
		s.outcome, s.err = run(ctx, func() { s.begun <- time.Now() })
		s.free = h.outputs.Add(len(s.outcome.Output))
	}()
}

// take returns the run of an execution, if there is one, to the first who asks.
func (h *headstarts) take(id uuid.UUID) *headstart {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.runs[id]
	if s != nil {
		delete(h.runs, id)
		s.forget.Stop()
	}
	return s
}

// join waits for the end of the run of an execution, having called begin with when it began: an error of that ends the run,
// and is returned, and so does ctx's end. Other errors are as for the sandbox's Execute. It reports false when there is no
// such run, or none that began.
func (h *headstarts) join(
	ctx context.Context, id uuid.UUID, begin func(at time.Time) error,
) (outcome execution.Outcome, joined bool, err error) {
	s := h.take(id)
	if s == nil {
		return execution.Outcome{}, false, nil
	}
	defer s.leave()
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
