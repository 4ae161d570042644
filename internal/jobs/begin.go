package jobs

import (
	"context"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"peneira/internal/execution"
	"peneira/internal/observe"
)

// quickTime is how long the last run of a version took at most for its next one to be called quick.
const quickTime = 2 * time.Millisecond

// Begin begins to run an execution that this process is about to accept, if a sandbox is idle and its source is at hand: its
// job need not be announced then. It reports whether it did, and whether the run is likely to end within a few milliseconds.
// It does not block.
func (c *Client) Begin(id uuid.UUID, request execution.Request) (begun, quick bool) {
	if c.worker == nil || c.stopping.Err() != nil {
		return false, false
	}
	return c.worker.beginEarly(c.id, id, request)
}

// Settle tells as which version and which job an execution was accepted; version 0 says that it was not. It does not block.
func (c *Client) Settle(id uuid.UUID, request execution.Request, version int, job int64) {
	if c.worker == nil {
		return
	}
	if request.Version == 0 && version != 0 {
		c.worker.sources.noteCurrent(request.ScriptID, version)
	}
	c.worker.headstarts.settle(id, version, job)
}

func (w *executionWorker) beginEarly(process string, id uuid.UUID, request execution.Request) (begun, quick bool) {
	version := request.Version
	if version == 0 {
		version = w.sources.current(request.ScriptID)
	}
	source, ok := w.sources.cached(request.ScriptID, version)
	if !ok {
		return false, false
	}
	seat, ok := w.sandbox.Reserve(source.program)
	if !ok {
		return false, false
	}
	e := &early{
		w: w, source: source, trace: request.Trace,
		task: execution.Task{ScriptID: request.ScriptID, ScriptVersion: version, Status: execution.Pending, Input: request.Input},
		run:  execution.Run{ExecutionID: id, Attempt: 1, Input: request.Input, Take: &execution.Take{By: process}},
	}
	begun = w.headstarts.begin(id, plan{
		version: version,
		run: func(ctx context.Context, begin func(at time.Time) error) (execution.Outcome, error) {
			return w.inSandbox(ctx, source, request.Input, seat, begin)
		},
		write: e.write, accept: e.accept,
	})
	if !begun {
		seat.Leave()
		return false, false
	}
	took := time.Duration(source.took.Load())
	return true, took > 0 && took <= quickTime
}

// endTime is how long an execution waits for the end of a run that is likely to be quick, before it is accepted as one that goes on.
const endTime = 4 * time.Millisecond

// Ended waits a few milliseconds for the end of a run that Begin has begun. If that comes, the run is the caller's, to be written
// with its acceptance.
func (c *Client) Ended(ctx context.Context, id uuid.UUID) (execution.Early, bool) {
	s, ended := c.worker.headstarts.ended(ctx, id, endTime)
	if !ended {
		return execution.Early{}, false
	}
	early := s.accept(s.at, s.outcome)
	early.Leave = s.leave
	return early, true
}

// early is the run of an execution that nobody has taken from the queue.
type early struct {
	w      *executionWorker
	source source
	trace  string // that it was accepted in
	task   execution.Task
	run    execution.Run // without when it began, and its job
}

// write writes the outcome of a run whose job nobody has taken. If somebody has, or nobody knows, the queue is left to
// it: the job is there, and whoever takes it runs its execution as if nothing had been.
func (e *early) write(job int64, begun time.Time, outcome execution.Outcome) {
	outcome = e.over(begun, outcome)
	e.run.Take.Job = job
	ctx, span := e.span(attribute.Int64("peneira.job.id", job))
	defer span.End()
	noteError(span, e.w.write(ctx, e.run, outcome))
}

// accept returns what is to be written of a run whose execution has not been accepted.
func (e *early) accept(begun time.Time, outcome execution.Outcome) execution.Early {
	outcome = e.over(begun, outcome)
	return execution.Early{Run: e.run, Version: e.task.ScriptVersion, Outcome: outcome, Written: func(waited time.Duration) {
		ctx, span := e.span()
		defer span.End()
		noteOutcome(ctx, outcome)
		e.w.observer.ExecutionFinished(outcome, waited)
	}}
}

// over notes that the run is over, and when it began, and returns its outcome as it may be shown.
func (e *early) over(begun time.Time, outcome execution.Outcome) execution.Outcome {
	e.source.took.Store(int64(outcome.RunTime))
	e.run.Begun = begun
	return e.source.redact.Outcome(e.task.Input, outcome)
}

// span begins the span of the execution as of when its run began, with one of that run, and of its wait in the queue: none.
func (e *early) span(attributes ...attribute.KeyValue) (context.Context, trace.Span) {
	ctx, at := observe.InTrace(context.Background(), e.trace), trace.WithTimestamp(e.run.Begun)
	_, waited := e.w.tracer.Start(ctx, "queue", at)
	waited.End(at)
	attributes = append(attributes, attribute.String("peneira.execution.id", e.run.ExecutionID.String()))
	ctx, span := e.w.tracer.Start(ctx, "execution", at, trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(attributes...))
	noteTask(ctx, e.task, e.run)
	_, ran := e.w.tracer.Start(ctx, "sandbox", at)
	ran.End()
	return ctx, span
}
