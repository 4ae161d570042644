package postgres_test

import (
	"context"
	"testing"
	"time"

	"peneira/internal/postgres"
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
	if want := "alive running 1, dead available 0 1, self running 1"; got != want {
		t.Errorf("jobs: %s, want %s", got, want)
	}
}
