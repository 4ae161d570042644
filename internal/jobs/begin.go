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
	task := execution.Task{ScriptID: request.ScriptID, ScriptVersion: version, Status: execution.Pending, Input: request.Input}
	begun = w.headstarts.begin(id, version,
		func(ctx context.Context, begin func(at time.Time) error) (execution.Outcome, error) {
			return w.inSandbox(ctx, source, task.Input, seat, begin)
		},
		func(job int64, at time.Time, outcome execution.Outcome) {
			source.took.Store(int64(outcome.RunTime))
			w.writeEarly(request.Trace, task, execution.Run{
				ExecutionID: id, Attempt: 1, Begun: at, Input: task.Input, Take: &execution.Take{Job: job, By: process},
			}, source.redact.Outcome(task.Input, outcome))
		})
	if !begun {
		seat.Leave()
		return false, false
	}
	took := time.Duration(source.took.Load())
	return true, took > 0 && took <= quickTime
}

// writeEarly writes the outcome of a run whose job nobody has taken. If somebody has, or nobody knows, the queue is left to
// it: the job is there, and whoever takes it runs its execution as if nothing had been.
func (w *executionWorker) writeEarly(traceparent string, task execution.Task, run execution.Run, outcome execution.Outcome) {
	ctx := observe.InTrace(context.Background(), traceparent)
	_, waited := w.tracer.Start(ctx, "queue", trace.WithTimestamp(run.Begun))
	waited.End(trace.WithTimestamp(run.Begun)) // not at all
	ctx, span := w.tracer.Start(ctx, "execution", trace.WithTimestamp(run.Begun),
		trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(
			attribute.String("peneira.execution.id", run.ExecutionID.String()), attribute.Int64("peneira.job.id", run.Take.Job)))
	defer span.End()
	noteTask(ctx, task, run)
	_, ran := w.tracer.Start(ctx, "sandbox", trace.WithTimestamp(run.Begun))
	ran.End()
	noteError(span, w.write(ctx, run, outcome))
}
