package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"go.opentelemetry.io/otel/trace"

	"peneira/internal/budget"
	"peneira/internal/execution"
	"peneira/internal/failure"
	"peneira/internal/sandbox"
)

// executionArgs is a job that runs one execution. The trigger that lets executions follow their jobs reads execution_id.
type executionArgs struct {
	ExecutionID uuid.UUID `json:"execution_id"`
	// InputBytes is how much memory the input will take.
	InputBytes int `json:"bytes"`
}

// Kind implements river.JobArgs.
func (executionArgs) Kind() string { return "execution" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (a executionArgs) InsertOpts() river.InsertOpts {
	if a.InputBytes > budget.Small {
		return river.InsertOpts{Queue: QueueLarge}
	}
	return river.InsertOpts{Queue: QueueExecutions}
}

// ExecutionJob is the job of an execution. It becomes one in the statement that inserts the execution.
func ExecutionJob(queued execution.Queued) execution.Job {
	args := executionArgs{ExecutionID: queued.ID, InputBytes: queued.InputBytes}
	job := execution.Job{
		Kind: args.Kind(), Queue: args.InsertOpts().Queue, MaxAttempts: maxAttempts,
		Args: fmt.Appendf(nil, `{"execution_id":%q,"bytes":%d}`, args.ExecutionID, args.InputBytes), Metadata: []byte(`{}`),
	}
	if queued.Trace != "" {
		job.Metadata = traceMetadata(queued.Trace)
	}
	return job
}

// maxDeaths is how many worker processes may die while they run an execution before it is failed: it may well be what kills
// them. A job that only waited in a process that died is innocent, and not counted.
const maxDeaths = 3

// executionWorker runs executions. What a script does wrong ends in its execution; a job fails only for our own faults.
type executionWorker struct {
	river.WorkerDefaults[executionArgs]

	executions Executions
	endings    Endings
	sources    *sources
	sandbox    Sandbox
	inputs     *budget.Budget
	outputs    *budget.Brake
	observer   Observer
	tracer     trace.Tracer
	held       *held
	headstarts *headstarts
	stopping   context.Context //nolint:containedctx // see Client
}

// errStopping ends the wait for a sandbox when the process stops.
var errStopping = errors.New("the process is stopping")

// Work implements river.Worker.
func (w *executionWorker) Work(ctx context.Context, job *river.Job[executionArgs]) error {
	past := historyOf(job.Metadata)
	ctx, span := w.begin(ctx, job, past)
	defer span.End()
	err := w.run(ctx, execution.Queued{
		ID: job.Args.ExecutionID, InputBytes: job.Args.InputBytes, Untouched: job.Attempt == 1 && past.none(),
	}, past)
	noteError(span, err)
	switch {
	case err == nil, errors.Is(err, execution.ErrEnded):
		return nil
	case errors.Is(err, execution.ErrHandedOn):
		// The job is another one now, or another's, and is left to itself. If it is neither, somebody has tampered with the
		// execution: then the job is forgotten here after a while, counts as lost, and comes back.
		w.held.giveUp(job.JobRow)
		return river.JobSnooze(unavailablePause)
	case errors.Is(err, errStopping):
		return river.JobSnooze(0) // back into the queue, at no cost
	case ctx.Err() == nil && failure.KindOf(err) == failure.Unavailable:
		// The database or the sandboxes are away for a moment. That says nothing about the job, however often it happens.
		return river.JobSnooze(unavailablePause)
	case ctx.Err() == nil:
		return err
	case errors.Is(context.Cause(ctx), river.ErrJobCancelledRemotely):
		return context.Cause(ctx)
	default:
		// The stop takes too long, or the job took unreasonably long to get a sandbox.
		return river.JobSnooze(0)
	}
}

const unavailablePause = time.Second

func (w *executionWorker) run(ctx context.Context, queued execution.Queued, past history) error {
	// A job that waits for memory holds a worker and nothing else, so that fewer are fetched.
	share, err := w.takeMemory(ctx, queued.InputBytes)
	if err != nil {
		return err
	}
	defer share.Free()
	task, err := w.executions.Task(ctx, queued)
	if failure.KindOf(err) == failure.NotFound {
		return execution.ErrEnded // dropped by retention
	}
	if err != nil {
		return err
	}
	if task.Status.Terminal() {
		return execution.ErrEnded
	}
	run := execution.Run{ExecutionID: queued.ID, Attempt: task.Attempt + 1, Begun: time.Now(), Input: task.Input}
	if past.Deaths >= maxDeaths {
		return w.finish(ctx, run, diedTooOften)
	}
	noteTask(ctx, task, run)
	source, err := w.sources.source(ctx, task.ScriptID, task.ScriptVersion)
	if err != nil {
		return err
	}
	outcome, err := w.execute(ctx, &run, task.ScriptVersion, source, task.Input, past.suspect())
	if err != nil {
		return err
	}
	source.took.Store(int64(outcome.RunTime))
	// The output is in memory whether it fits or not; until it does, no other run begins.
	defer w.outputs.Add(len(outcome.Output))()
	return w.finish(ctx, run, source.redact.Outcome(task.Input, outcome))
}

// takeMemory takes so many bytes of the memory for inputs, as soon as they are there. It returns errStopping when the
// process stops before.
func (w *executionWorker) takeMemory(ctx context.Context, bytes int) (*budget.Share, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(w.stopping, func() { cancel(errStopping) })()
	return w.inputs.Take(ctx, bytes)
}

// execute runs the program in a sandbox and shows the run as begun: if it lasts, or before it begins if it is suspect.
func (w *executionWorker) execute(
	ctx context.Context, run *execution.Run, version int, source source, input []byte, suspect bool,
) (execution.Outcome, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	unstop := context.AfterFunc(w.stopping, func() { cancel(errStopping) })
	defer unstop()
	var shown *showing
	ctx, span := w.tracer.Start(ctx, "sandbox")
	defer span.End()
	begin := func(at time.Time) error {
		if !unstop() {
			return errStopping
		}
		run.Begun = at
		span.AddEvent("begun") // before it, the wait for a sandbox
		shown = w.show(ctx, *run, cancel)
		if suspect {
			return shown.now()
		}
		return nil
	}
	outcome, joined, err := w.headstarts.join(ctx, run.ExecutionID, version, begin)
	if !joined {
		outcome, err = w.inSandbox(ctx, source, input, nil, begin)
	}
	if shown != nil {
		var showErr error
		run.Shown, showErr = shown.end()
		err = errors.Join(err, showErr)
	}
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = errors.Join(err, cause)
	}
	return outcome, err
}

// inSandbox runs the program in a sandbox, the kept one if there is one. begin is called just before, once there is room for an
// output; an error of it ends the run.
func (w *executionWorker) inSandbox(
	ctx context.Context, source source, input []byte, kept *sandbox.Seat, begin func(at time.Time) error,
) (execution.Outcome, error) {
	return w.sandbox.Execute(ctx, sandbox.Request{
		Program: source.program, Input: input, Limits: source.limits, Seat: kept,
		OnStart: func(ctx context.Context) error {
			if err := w.outputs.Wait(ctx); err != nil {
				return err
			}
			return begin(time.Now())
		},
	})
}

// finish writes the outcome, and tries again for as long as the database is away: the run need not be done twice.
func (w *executionWorker) finish(ctx context.Context, run execution.Run, outcome execution.Outcome) error {
	pause := 50 * time.Millisecond
	for {
		err := w.write(ctx, run, outcome)
		if failure.KindOf(err) != failure.Unavailable {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
			pause = min(2*pause, 2*time.Second)
		}
	}
}

// write writes the outcome once.
func (w *executionWorker) write(ctx context.Context, run execution.Run, outcome execution.Outcome) error {
	noteOutcome(ctx, outcome)
	ctx, span := w.tracer.Start(ctx, "write outcome")
	defer span.End()
	// A stop must not lose an outcome that is there, so the write does not end with ctx.
	waited, err := w.executions.Finish(context.WithoutCancel(ctx), run, outcome)
	if err == nil {
		w.observer.ExecutionFinished(outcome, waited)
	}
	return err
}

// diedTooOften is the outcome of an execution whose worker processes keep dying.
var diedTooOften = execution.Outcome{Err: &execution.Error{
	Kind:    execution.Internal,
	Message: fmt.Sprintf("the worker process ended %d times while it ran this execution; it will not be tried again", maxDeaths),
}}

// history is what a job's metadata tell of the processes that had it before.
type history struct {
	Deaths   int    `json:"deaths"`      // how many died while they ran its execution
	Trace    string `json:"traceparent"` // the trace that it was accepted in
	HandedOn int    `json:"handed_on"`   // how many died, or lost it, while they had it
	Snoozes  int    `json:"snoozes"`     // how often it was given back; River's own
}

// none reports whether no process has had the job before, as far as the metadata tell.
func (h history) none() bool { return h.HandedOn == 0 && h.Snoozes == 0 }

func historyOf(metadata []byte) history {
	var h history
	if json.Unmarshal(metadata, &h) != nil {
		return history{}
	}
	return h
}

// suspect reports whether the job may be what killed a process. Its next run is shown before it begins: a run that kills
// its process sooner than runs are usually shown would otherwise look innocent for ever.
func (h history) suspect() bool { return h.HandedOn > 0 }
