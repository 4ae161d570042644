package postgres_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"peneira/internal/execution"
	"peneira/internal/failure"
	"peneira/internal/postgres"
	"peneira/internal/script"
)

// take begins a run that takes its job when it ends.
func (b bundle) take(t *testing.T, id uuid.UUID) execution.Run {
	t.Helper()
	run := b.read(t, id)
	run.Take = &execution.Take{By: "process-1", Job: scan[int64](t, b, "SELECT id FROM river_job WHERE args ->> 'execution_id' = $1", id.String())}
	return run
}

// A run whose job nobody has taken takes and completes it with its outcome.
func TestOutcomeTakesItsJob(t *testing.T) {
	t.Parallel()
	b := setup(t)
	hosted := b.host(t, "// 1")
	id, other := b.accept(t, hosted, `1`).ID, b.accept(t, hosted, `1`).ID
	b.finish(t, b.take(t, id), execution.Outcome{Output: []byte(`2`)})
	if got := b.get(t, id); got.Status != execution.Completed || got.Attempt != 1 || string(got.Output) != `2` || got.StartedAt == nil {
		t.Errorf("%+v", got)
	}
	const whole = `SELECT state = 'completed' AND attempt = 1 AND attempted_by = '{process-1}' AND finalized_at >= attempted_at
		FROM river_job WHERE args ->> 'execution_id' = $1`
	if !scan[bool](t, b, whole, id.String()) {
		t.Error("the job is not completed")
	}
	if scan[string](t, b, "SELECT state FROM river_job WHERE args ->> 'execution_id' = $1", other.String()) != "available" {
		t.Error("another job was touched")
	}
}

// A run does not count when somebody has taken its job meanwhile, or the job is gone, or the number is another job's.
func TestOutcomeOfATakenJobDoesNotCount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	hosted := b.host(t, "// 1")
	for name, c := range map[string]struct {
		spoil string // SQL of the job with number $1
		err   error
		end   execution.Status
	}{
		"taken":                 {"UPDATE river_job SET state = 'running', attempt = 1 WHERE id = $1", execution.ErrHandedOn, execution.Pending},
		"handed on":             {"UPDATE river_job SET id = DEFAULT WHERE id = $1", execution.ErrHandedOn, execution.Pending},
		"another's number":      {`UPDATE river_job SET args = '{"execution_id": "x"}' WHERE id = $1`, execution.ErrHandedOn, execution.Pending},
		"cancelled in River UI": {"UPDATE river_job SET state = 'cancelled', finalized_at = now() WHERE id = $1", execution.ErrEnded, execution.Cancelled},
		"deleted in River UI":   {"DELETE FROM river_job WHERE id = $1", execution.ErrEnded, execution.Cancelled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id := b.accept(t, hosted, `1`).ID
			run := b.take(t, id)
			b.exec(t, c.spoil, run.Take.Job)
			if _, err := b.executions.Finish(t.Context(), run, execution.Outcome{Output: []byte(`2`)}); !errors.Is(err, c.err) {
				t.Errorf("got %v, want %v", err, c.err)
			}
			if got := b.get(t, id); got.Status != c.end || got.Output != nil {
				t.Errorf("%+v", got)
			}
		})
	}
}

// Nor does it when the queue was paused.
func TestOutcomeInAPausedQueueDoesNotCount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.accept(t, b.host(t, "// 1"), `1`).ID
	run := b.take(t, id)
	b.exec(t, "INSERT INTO river_queue (name, updated_at, paused_at) VALUES ('executions', now(), now())")
	if _, err := b.executions.Finish(t.Context(), run, execution.Outcome{Output: []byte(`2`)}); !errors.Is(err, execution.ErrHandedOn) {
		t.Errorf("got %v", err)
	}
	b.exec(t, "UPDATE river_queue SET paused_at = NULL")
	b.finish(t, run, execution.Outcome{Output: []byte(`2`)})
}

// The job of an execution that was cancelled meanwhile is completed all the same: it has nothing to do.
func TestOutcomeOfACancelledExecutionDoesNotCount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.accept(t, b.host(t, "// 1"), `1`).ID
	run := b.take(t, id)
	if err := b.executions.Cancel(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if _, err := b.executions.Finish(t.Context(), run, execution.Outcome{Output: []byte(`2`)}); !errors.Is(err, execution.ErrEnded) {
		t.Errorf("got %v", err)
	}
	if got := b.get(t, id); got.Status != execution.Cancelled {
		t.Errorf("%+v", got)
	}
}

// starter is what begins runs early: all but those whose input says that it cannot.
type starter struct {
	mu      sync.Mutex
	settled map[uuid.UUID][2]int64 // version and job
	early   *execution.Early       // the run that ends before its execution is accepted; nil: none does
	left    int                    // how often that was left
	waited  []time.Duration        // for how long executions had waited that were written with it
}

func (s *starter) Begin(_ uuid.UUID, request execution.Request) (begun, quick bool) {
	return string(request.Input) != `"busy"`, s.early != nil
}

func (s *starter) Ended(_ context.Context, id uuid.UUID) (execution.Early, bool) {
	early := *s.early
	early.Run.ExecutionID, early.Run.Attempt, early.Run.Take = id, 1, &execution.Take{By: "process-1"}
	early.Leave = func() { s.left++ }
	early.Written = func(waited time.Duration) { s.waited = append(s.waited, waited) }
	return early, true
}

func (s *starter) Settle(id uuid.UUID, _ execution.Request, version int, job int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settled[id] = [2]int64{int64(version), job}
}

func (b bundle) beginsHere(early *execution.Early) (*postgres.Executions, *postgres.Endings, *starter) {
	executions, endings := b.worksHere()
	s := &starter{settled: map[uuid.UUID][2]int64{}, early: early}
	executions.BeginHere(s)
	return executions, endings, s
}

// Who began a run is told what it was accepted as, and the queue is told of the others alone.
func TestBegunIsNotAnnounced(t *testing.T) {
	t.Parallel()
	b := setup(t)
	hosted := b.host(t, "// 1")
	executions, _, starter := b.beginsHere(nil)
	listener, err := b.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Release()
	if _, err := listener.Exec(t.Context(), `LISTEN "public.river_insert"`); err != nil {
		t.Fatal(err)
	}
	accept := func(of script.Script, input string) (uuid.UUID, error) {
		id := uuid.Must(uuid.NewV7())
		_, err := executions.Accept(t.Context(), execution.Request{ID: id, ScriptID: of.ID, Input: []byte(input)})
		return id, err
	}
	id, err := accept(hosted, `1`)
	if err != nil {
		t.Fatal(err)
	}
	if job := scan[int64](t, b, "SELECT id FROM river_job WHERE args ->> 'execution_id' = $1", id.String()); starter.settled[id] != [2]int64{1, job} {
		t.Errorf("settled as %v, want version 1 and job %d", starter.settled[id], job)
	}
	refused, err := accept(script.Script{ID: uuid.New()}, `1`)
	if settled, told := starter.settled[refused]; failure.KindOf(err) != failure.NotFound || !told || settled != [2]int64{} {
		t.Errorf("%v; a refused one was settled: %t, as %v", err, told, settled)
	}
	large, err := accept(hosted, `"`+strings.Repeat("x", 70<<10)+`"`)
	if settled := starter.settled[large]; err != nil || settled[0] != 1 {
		t.Errorf("%v, %v", settled, err)
	}
	if _, err := accept(hosted, `"busy"`); err != nil {
		t.Fatal(err)
	}
	// One for the large one and one for the one that nobody could begin, and none before.
	for range 2 {
		if _, err := listener.Conn().WaitForNotification(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	b.exec(t, "NOTIFY \"public.river_insert\", 'last'")
	if n, err := listener.Conn().WaitForNotification(t.Context()); err != nil || n.Payload != "last" {
		t.Errorf("%+v, %v", n, err)
	}
}

func TestConfirmWhatWasForgotten(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if err := b.executions.Confirm(t.Context(), uuid.Must(uuid.NewV7())); failure.KindOf(err) != failure.Unavailable {
		t.Errorf("got %v", err)
	}
	if err := b.executions.Confirm(t.Context(), b.accept(t, b.host(t, "// 1"), `1`).ID); err != nil {
		t.Error(err)
	}
}

// A run that began before its execution was accepted counts from then on: nobody waits for less than no time.
func TestOutcomeOfARunThatBeganBeforeItWasAccepted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.accept(t, b.host(t, "// 1"), `1`).ID
	run := b.take(t, id)
	run.Begun = time.Now().Add(-time.Hour)
	b.finish(t, run, execution.Outcome{Output: []byte(`2`)})
	const since = `SELECT e.started_at = e.created_at AND e.queue_time_ms = 0 AND j.attempted_at = j.created_at
		FROM executions e JOIN river_job j ON j.args ->> 'execution_id' = e.id::text WHERE e.id = $1`
	if !scan[bool](t, b, since, id) {
		t.Error("it waited for less than no time")
	}
}

// When a worker has taken the job, its run and the early one may be written in one group: who waits is told of the one that was.
func TestEarlyRunAndThatOfAWorkerInOneGroup(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.accept(t, b.host(t, "// 1"), `1`).ID
	early, worker := b.take(t, id), b.read(t, id)
	early.Input, worker.Input = []byte(`1`), []byte(`1`)
	b.exec(t, "UPDATE river_job SET state = 'running', attempt = 1 WHERE id = $1", early.Take.Job)
	executions, endings := b.worksHere()
	errs, err := executions.FinishTogether(t.Context(), []execution.Run{early, worker},
		[]execution.Outcome{{Output: []byte(`"early"`)}, {Output: []byte(`"worker"`)}})
	if err != nil || !errors.Is(errs[0], execution.ErrEnded) || errs[1] != nil {
		t.Errorf("%v, %v", errs, err)
	}
	told, ok := endings.Recent(id)
	if got := b.get(t, id); !ok || string(told.Output) != `"worker"` || string(got.Output) != `"worker"` {
		t.Errorf("told of %s, and %s is written", told.Output, got.Output)
	}
}
