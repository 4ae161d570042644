package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"peneira/internal/execution"
	"peneira/internal/failure"
	"peneira/internal/sandbox"
)

// executionArgs is a job that runs one execution. The trigger that lets executions follow their jobs reads execution_id.
type executionArgs struct {
	ExecutionID uuid.UUID `json:"execution_id"`
}

// Kind implements river.JobArgs.
func (executionArgs) Kind() string { return "execution" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (executionArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: QueueExecutions} }

// maxDeaths is how many worker processes may die while they have a job before its execution is failed: it may well be
// what kills them.
const maxDeaths = 3

// executionWorker runs executions. What a script does wrong ends in its execution; a job fails only for our own faults.
type executionWorker struct {
	river.WorkerDefaults[executionArgs]
	executions Executions
	sources    *sources
	sandbox    Sandbox
	observer   Observer
}

// Work implements river.Worker.
func (w *executionWorker) Work(ctx context.Context, job *river.Job[executionArgs]) error {
	err := w.run(ctx, job.Args.ExecutionID, deaths(job.Metadata))
	switch {
	case err == nil, errors.Is(err, execution.ErrEnded):
		return nil
	case errors.Is(err, execution.ErrHandedOn):
		// Another process has the job; ending it here would take it from there. If that one dies too, the job comes back.
		return river.JobSnooze(handedOnPause)
	case ctx.Err() == nil:
		return err
	case errors.Is(context.Cause(ctx), river.ErrJobCancelledRemotely):
		return context.Cause(ctx)
	default:
		// The process is stopping, or the job took unreasonably long to get a sandbox: back into the queue, at no cost.
		return river.JobSnooze(0)
	}
}

const handedOnPause = 5 * time.Second

func (w *executionWorker) run(ctx context.Context, id uuid.UUID, deaths int) error {
	task, err := w.executions.Task(ctx, id)
	if failure.KindOf(err) == failure.NotFound {
		return execution.ErrEnded // dropped by retention
	}
	if err != nil {
		return err
	}
	if task.Status.Terminal() {
		return execution.ErrEnded
	}
	if deaths >= maxDeaths {
		return w.giveUp(ctx, id)
	}
	program, err := w.sources.program(ctx, task.ScriptID, task.ScriptVersion)
	if err != nil {
		return err
	}
	var run execution.Run
	outcome, err := w.sandbox.Execute(ctx, sandbox.Request{
		Program: program,
		Input:   task.Input,
		OnStart: func(ctx context.Context) (err error) {
			run, err = w.executions.Start(ctx, id)
			return err
		},
	})
	if err != nil {
		return err
	}
	return w.finish(ctx, run, outcome)
}

// finish writes the outcome, and tries again for as long as the database is away: the run need not be done twice.
func (w *executionWorker) finish(ctx context.Context, run execution.Run, outcome execution.Outcome) error {
	pause := 50 * time.Millisecond
	for {
		// A stop must not lose an outcome that is there: the write has a time of its own.
		writing, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTime)
		err := w.executions.Finish(writing, run, outcome)
		cancel()
		if failure.KindOf(err) != failure.Unavailable {
			if err == nil {
				w.observer.ExecutionFinished(outcome, run.QueueTime)
			}
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

const writeTime = 30 * time.Second

// giveUp fails an execution whose worker processes keep dying.
func (w *executionWorker) giveUp(ctx context.Context, id uuid.UUID) error {
	run, err := w.executions.Start(ctx, id)
	if err != nil {
		return err
	}
	return w.finish(ctx, run, execution.Outcome{Err: &execution.Error{
		Kind:    execution.Internal,
		Message: fmt.Sprintf("the worker process ended %d times while it had this execution; it will not be tried again", maxDeaths),
	}})
}

// deaths reads from a job's metadata how many worker processes died while they had it.
func deaths(metadata []byte) int {
	var m struct {
		Deaths int `json:"deaths"`
	}
	if json.Unmarshal(metadata, &m) != nil {
		return 0
	}
	return m.Deaths
}
