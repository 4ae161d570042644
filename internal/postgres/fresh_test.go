package postgres_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"peneira/internal/execution"
	"peneira/internal/postgres"
)

// worksHere returns executions whose workers are in this process, and who is told of their ends.
func (b bundle) worksHere() (*postgres.Executions, *postgres.Endings) {
	endings := postgres.NewEndings(b.pool, slog.New(slog.DiscardHandler))
	executions := postgres.NewExecutions(b.pool, jobOf)
	executions.WorkHere(endings)
	return executions, endings
}

// What a worker of the same process is given, and those who wait, is what reading would give.
func TestWhatIsAtHandIsWhatIsWritten(t *testing.T) {
	t.Parallel()
	b := setup(t)
	hosted := b.host(t, "// 1")
	large := `"` + strings.Repeat("x", 70<<10) + `"`
	for name, c := range map[string]struct {
		input   string
		outcome execution.Outcome
	}{
		"completed": {`[1, 2]`, execution.Outcome{
			Output: []byte(`{"b":1, "a":1e400}`), Logs: []execution.LogEntry{{Level: "log", Message: "a\x00b <é>"}}, RunTime: 1499 * time.Microsecond,
		}},
		"failed": {`[1, 2]`, execution.Outcome{Err: &execution.Error{
			Kind: execution.ScriptError, Name: "TypeError", Message: "no \x00 such thing", Line: 3, Column: 7, Stack: "at f (script.js:3:7)",
		}, RunTime: 2 * time.Second}},
		"bare":         {`null`, execution.Outcome{Output: []byte(`null`)}},
		"large input":  {large, execution.Outcome{Output: []byte(`null`)}},
		"large output": {`null`, execution.Outcome{Output: []byte(large)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			executions, endings := b.worksHere()
			first := b.accept(t, hosted, `0`)
			accepted, err := executions.Accept(t.Context(), execution.Request{ScriptID: hosted.ID, Input: []byte(c.input), RerunOf: first.ID})
			if err != nil {
				t.Fatal(err)
			}
			read, err := b.executions.Task(t.Context(), execution.Queued{ID: accepted.ID})
			if err != nil {
				t.Fatal(err)
			}
			task, err := executions.Task(t.Context(), execution.Queued{ID: accepted.ID, Untouched: true})
			if diff := cmp.Diff(read, task); err != nil || diff != "" {
				t.Errorf("%v: the task at hand is another than the one in the database:\n%s", err, diff)
			}
			run := execution.Run{ExecutionID: accepted.ID, Attempt: 1, Begun: time.Now(), Input: task.Input}
			woken, leave := endings.Watch(accepted.ID)
			defer leave()
			if _, err := executions.Finish(t.Context(), run, c.outcome); err != nil {
				t.Fatal(err)
			}
			want, got := b.get(t, accepted.ID), <-woken
			if c.input == large {
				want.Input = nil
			}
			if string(c.outcome.Output) == large {
				want.Output = nil
			}
			got.RerunOf, got.CreatedAt = want.RerunOf, got.CreatedAt.UTC()
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the end at hand is another than the one in the database:\n%s", diff)
			}
		})
	}
}

// What is at hand is given once, not to a worker that may come after another, and not when it was not accepted.
func TestTasksAtHandAreForTheFirstRun(t *testing.T) {
	t.Parallel()
	b := setup(t)
	hosted := b.host(t, "// 1")
	executions, _ := b.worksHere()
	accepted, err := executions.Accept(t.Context(), execution.Request{ScriptID: hosted.ID, Input: []byte(`1`)})
	if err != nil {
		t.Fatal(err)
	}
	b.begin(t, accepted.ID)
	for _, untouched := range []bool{false, true, false} {
		task, err := executions.Task(t.Context(), execution.Queued{ID: accepted.ID, Untouched: untouched})
		if err != nil {
			t.Fatal(err)
		}
		if fresh := task.Attempt == 0; fresh != untouched {
			t.Errorf("untouched %t: %+v", untouched, task)
		}
	}
	if task, err := executions.Task(t.Context(), execution.Queued{ID: accepted.ID, Untouched: true}); err != nil || task.Attempt != 1 {
		t.Errorf("what was taken is there again: %+v, %v", task, err)
	}
	unknown := uuid.Must(uuid.NewV7())
	if _, err := executions.Accept(t.Context(), execution.Request{ID: unknown, ScriptID: uuid.New(), Input: []byte(`1`)}); err == nil {
		t.Fatal("an unknown script was accepted")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if task, err := executions.Task(ctx, execution.Queued{ID: unknown, Untouched: true}); err == nil {
		t.Errorf("what was refused is at hand: %+v", task)
	}
}

// However much is accepted and not worked on here, what is kept stays small.
func TestWhatIsAtHandIsBounded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	hosted := b.host(t, "// 1")
	executions, _ := b.worksHere()
	input := []byte(`"` + strings.Repeat("x", 60<<10) + `"`)
	var first, last uuid.UUID
	for range 5 << 20 / len(input) {
		accepted, err := executions.Accept(t.Context(), execution.Request{ScriptID: hosted.ID, Input: input})
		if err != nil {
			t.Fatal(err)
		}
		if last = accepted.ID; first == uuid.Nil {
			first = last
		}
	}
	for _, id := range []uuid.UUID{first, last} {
		b.begin(t, id) // so that what is read differs from what is kept
		task, err := executions.Task(t.Context(), execution.Queued{ID: id, Untouched: true})
		if err != nil || (task.Attempt == 0) != (id == last) {
			t.Errorf("first %t: attempt %d, %v", id == first, task.Attempt, err)
		}
	}
}

// When an end cannot be written here, those who wait are woken to look, and later ones by whoever writes it.
func TestEndsThatAreNotWrittenWakeToo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	executions, endings := b.worksHere()
	accepted := b.accept(t, b.host(t, "// 1"), `1`)
	first := b.begin(t, accepted.ID)
	b.begin(t, accepted.ID)
	woken, leave := endings.Watch(accepted.ID)
	defer leave()
	if _, err := executions.Finish(t.Context(), first, execution.Outcome{Output: []byte(`1`)}); !errors.Is(err, execution.ErrHandedOn) {
		t.Errorf("the outcome of the first of two runs: %v", err)
	}
	if e, atHand := <-woken; atHand {
		t.Errorf("woken with %+v", e)
	}
	again, leaveAgain := endings.Watch(accepted.ID)
	defer leaveAgain()
	if err := b.executions.Cancel(t.Context(), accepted.ID); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() { _ = endings.Run(ctx) }()
	<-again
}
