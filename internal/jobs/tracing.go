package jobs

import (
	"context"
	"errors"

	"github.com/riverqueue/river"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"peneira/internal/execution"
	"peneira/internal/observe"
)

// traceMetadata carries a trace in a job. A traceparent holds nothing that JSON would have to escape.
func traceMetadata(parent string) []byte { return []byte(`{"traceparent":"` + parent + `"}`) }

// begin begins the span of a job, within the trace that its execution was accepted in, beside one of its wait in the queue.
func (w *executionWorker) begin(ctx context.Context, job *river.Job[executionArgs], past history) (context.Context, trace.Span) {
	ctx = observe.InTrace(ctx, past.Trace)
	_, waited := w.tracer.Start(ctx, "queue", trace.WithTimestamp(job.CreatedAt))
	waited.End()
	return w.tracer.Start(ctx, "execution", trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(
		attribute.String("peneira.execution.id", job.Args.ExecutionID.String()), attribute.Int64("peneira.job.id", job.ID),
		attribute.Int("peneira.handed_on", past.HandedOn)))
}

// noteTask tells a span what is run.
func noteTask(ctx context.Context, task execution.Task, run execution.Run) {
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() {
		return
	}
	span.SetAttributes(
		attribute.String("peneira.script.id", task.ScriptID.String()), attribute.Int("peneira.script.version", task.ScriptVersion),
		attribute.Int("peneira.input.bytes", len(task.Input)), attribute.Int("peneira.attempt", run.Attempt))
}

// noteOutcome tells a span how a run ended: the kind of its error and not its message, which may quote the data.
func noteOutcome(ctx context.Context, outcome execution.Outcome) {
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() {
		return
	}
	span.SetAttributes(
		attribute.String("peneira.status", string(outcome.Status())), attribute.Int64("peneira.run.us", outcome.RunTime.Microseconds()),
		attribute.Int("peneira.output.bytes", len(outcome.Output)))
	if outcome.Err != nil {
		span.SetAttributes(attribute.String("peneira.error.kind", string(outcome.Err.Kind)))
	}
}

// noteError marks a span whose job failed for a fault of ours, and will be tried again.
func noteError(span trace.Span, err error) {
	if err == nil || errors.Is(err, execution.ErrEnded) || errors.Is(err, execution.ErrHandedOn) || errors.Is(err, errStopping) {
		return
	}
	span.SetStatus(codes.Error, "the job failed")
}
