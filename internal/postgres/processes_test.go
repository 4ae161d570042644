package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"peneira/internal/execution"
	"peneira/internal/postgres"
	"peneira/internal/postgres/pgtest"
)

func TestJobsOfDeadProcessesAreHandedOn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	hosted := b.host(t, "// 1")
	for _, by := range []string{"alive", "dead", "self"} {
		id := b.accept(t, hosted, `1`).ID
		if _, err := b.pool.Exec(t.Context(), `UPDATE river_job SET state = 'running', attempt = 1, attempted_at = now(),
			attempted_by = ARRAY['earlier', $2] WHERE args ->> 'execution_id' = $1`, id.String(), by); err != nil {
			t.Fatal(err)
		}
	}
	processes := postgres.NewProcesses(b.pool)
	live := func(id string) (stop func()) {
		ctx, cancel := context.WithCancel(t.Context())
		ready, ended := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(ended)
			_ = processes.Live(ctx, id, func() { close(ready) })
		}()
		<-ready
		return func() { cancel(); <-ended }
	}
	defer live("alive")()
	stopDead := live("dead")

	if n, err := processes.HandOn(t.Context(), "self"); err != nil || n != 0 {
		t.Fatalf("handed on %d jobs of the living (%v)", n, err)
	}
	stopDead()
	// PostgreSQL frees the lock when its backend has noticed, which nothing tells us.
	patience, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for n := 0; n == 0; {
		var err error
		if n, err = processes.HandOn(patience, "self"); err != nil || n > 1 {
			t.Fatalf("handed on %d jobs of one dead process (%v)", n, err)
		}
	}
	if n, err := processes.HandOn(t.Context(), "self"); err != nil || n != 0 {
		t.Fatalf("handed on %d jobs twice (%v)", n, err)
	}
	got := scan[string](t, b, `SELECT string_agg(concat_ws(' ', attempted_by[2], state, attempt, metadata ->> 'deaths'), ', ' ORDER BY attempted_by[2]) FROM river_job`)
	if want := "alive running 1, dead available 0 0, self running 1"; got != want {
		t.Errorf("jobs: %s, want %s", got, want)
	}
}

// A run that was handed on can neither be shown nor end its execution, whether or not another run has begun since, and its
// job is there under another id. Only a run that is known to have begun makes its process's death count.
//
//nolint:tparallel // each case hands on the jobs of all dead processes
func TestHandedOnRunsAreFenced(t *testing.T) {
	t.Parallel()
	b := setup(t)
	hosted := b.host(t, "// 1")
	processes := postgres.NewProcesses(b.pool)
	outcome := execution.Outcome{Output: []byte(`"late"`)}
	dead := func(ctx context.Context, _ string) (int, error) { return processes.HandOn(ctx, "self") }
	for name, c := range map[string]struct {
		run     func(*testing.T, uuid.UUID) execution.Run
		handOn  func(ctx context.Context, process string) (int, error) // from the process
		attempt int
		deaths  string
	}{
		"shown":     {b.begin, dead, 1, "1"},
		"not shown": {b.read, dead, 1, "0"},
		"handed back by a stop and begun again": {func(t *testing.T, id uuid.UUID) execution.Run {
			t.Helper()
			b.begin(t, id)
			b.exec(t, `UPDATE executions SET started_at = started_at - interval '1 hour' WHERE id = $1`, id)
			return b.read(t, id)
		}, dead, 2, "0"},
		"lost on its way to a living process": {b.read, func(ctx context.Context, process string) (int, error) {
			return processes.HandOnLost(ctx, process, func(int64) bool { return false })
		}, 1, "0"},
	} {
		t.Run(name, func(t *testing.T) {
			id := b.accept(t, hosted, `1`).ID
			process := uuid.NewString()
			b.exec(t, `UPDATE river_job SET state = 'running', attempt = 1, attempted_at = now() - interval '10 s', attempted_by = ARRAY[$2::text]
				WHERE args ->> 'execution_id' = $1`, id.String(), process)
			job := func() int64 {
				return scan[int64](t, b, `SELECT id FROM river_job WHERE args ->> 'execution_id' = $1`, id.String())
			}
			old, run := job(), c.run(t, id)
			if n, err := c.handOn(t.Context(), process); err != nil || n != 1 {
				t.Fatalf("handed on %d jobs (%v)", n, err)
			}
			if job() == old {
				t.Fatal("the job has its old id")
			}
			late := func() {
				t.Helper()
				if err := b.executions.Start(t.Context(), run); !errors.Is(err, execution.ErrHandedOn) {
					t.Errorf("a late start ended with %v", err)
				}
				if _, err := b.executions.Finish(t.Context(), run, outcome); !errors.Is(err, execution.ErrHandedOn) {
					t.Errorf("a late outcome ended with %v", err)
				}
			}
			late()
			got := b.get(t, id)
			if got.Status != execution.Pending || got.StartedAt != nil || got.Attempt != c.attempt {
				t.Errorf("handed on, it is %+v", got)
			}
			deaths := scan[string](t, b, `SELECT concat_ws(' ', state, attempt, metadata ->> 'handed_on', metadata ->> 'deaths') FROM river_job WHERE id = $1`, job())
			if want := "available 0 1 " + c.deaths; deaths != want {
				t.Errorf("the job is %q, want %q", deaths, want)
			}
			next := b.begin(t, id)
			late()
			b.finish(t, next, execution.Outcome{Output: []byte(`"right"`)})
			if got := b.get(t, id); string(got.Output) != `"right"` || got.Attempt != c.attempt+1 {
				t.Errorf("%+v", got)
			}
		})
	}
}

// A process that is frozen, or whose host is gone, says nothing, and PostgreSQL frees its lock.
func TestSilentProcessesAreTakenForDead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	proxy := pgtest.NewProxy(t, b.url)
	frozen, err := postgres.Open(t.Context(), proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(frozen.Close)
	ctx, cancel := context.WithCancel(t.Context())
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- postgres.NewProcesses(frozen).Live(ctx, "frozen", func() { close(ready) }) }()
	t.Cleanup(cancel)
	<-ready
	id := b.accept(t, b.host(t, "// 1"), `1`).ID
	b.exec(t, `UPDATE river_job SET state = 'running', attempt = 1, attempted_by = ARRAY['frozen'] WHERE args ->> 'execution_id' = $1`, id.String())
	proxy.Freeze()
	patience, done := context.WithTimeout(t.Context(), time.Minute)
	defer done()
	begun := time.Now()
	for n := 0; n == 0; {
		if n, err = postgres.NewProcesses(b.pool).HandOn(patience, "self"); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("handed on after %v of silence", time.Since(begun).Round(time.Millisecond))
	if err := <-ended; err == nil {
		t.Error("the frozen process believes that it lives")
	}
}
