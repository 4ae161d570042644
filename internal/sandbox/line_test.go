//go:build unix

package sandbox_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"peneira/internal/execution"
	"peneira/internal/failure"
	"peneira/internal/sandbox"
)

// held is a run that keeps its sandbox until it is let go.
type held struct{ begun, free, ended chan struct{} }

// end lets it go and waits for its end.
func (h held) end() {
	close(h.free)
	<-h.ended
}

// wait has a run wait for a sandbox, which it keeps then.
func wait(t *testing.T, pool *sandbox.Pool) held {
	t.Helper()
	h := held{make(chan struct{}), make(chan struct{}), make(chan struct{})}
	r := request("function process() {}", "1")
	r.OnStart = func(context.Context) error {
		close(h.begun)
		<-h.free
		return nil
	}
	before := pool.Stats().Waiting
	go func() {
		defer close(h.ended)
		if _, err := pool.Execute(context.Background(), r); err != nil {
			t.Errorf("Execute: %v", err)
		}
	}()
	await(t, "the run waits", func() bool { return pool.Stats().Waiting == before+1 })
	return h
}

// waitToCheck has a check wait for a sandbox.
func waitToCheck(t *testing.T, pool *sandbox.Pool) (done chan error) {
	t.Helper()
	done = make(chan error, 1)
	before := pool.Stats().Waiting
	go func() {
		_, err := pool.Check(context.Background(), "function process() {}")
		done <- err
	}()
	await(t, "the check waits", func() bool { return pool.Stats().Waiting == before+1 })
	return done
}

func soon[T any](t *testing.T, what string, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		t.Fatalf("%s never came", what)
	}
	return v
}

// Checks are served before runs that came earlier, but not one after the other.
func TestChecksGoBeforeRunsInTurn(t *testing.T) {
	t.Parallel()
	pool, err := sandbox.New(sandbox.Config{Sandboxes: 1, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	pool.WaitForChecks(patience)
	run(t, pool)
	holding, release := hold(t, pool)
	<-holding
	first, second := wait(t, pool), wait(t, pool)
	checks := []chan error{waitToCheck(t, pool), waitToCheck(t, pool)}
	release()
	if err := soon(t, "the first check", checks[0]); err != nil {
		t.Fatal(err)
	}
	soon(t, "the first run", first.begun)
	if n := pool.Stats().Waiting; n != 2 {
		t.Errorf("%d wait", n)
	}
	first.end()
	if err := soon(t, "the second check", checks[1]); err != nil {
		t.Fatal(err)
	}
	soon(t, "the second run", second.begun)
	second.end()
}

// A check does not wait for long, nor do many.
func TestChecksWaitWithinBounds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		patience time.Duration
		waiting  int
	}{
		{"too long", 20 * time.Millisecond, 0},
		{"too many", patience, sandbox.MaxChecks},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			pool, err := sandbox.New(sandbox.Config{Sandboxes: 1, Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			pool.WaitForChecks(c.patience)
			run(t, pool)
			holding, release := hold(t, pool)
			<-holding
			checks := make([]chan error, c.waiting)
			for i := range checks {
				checks[i] = waitToCheck(t, pool)
			}
			_, err = pool.Check(t.Context(), "function process() {}")
			if f, ok := errors.AsType[*failure.Error](err); !ok || f.Kind != failure.Unavailable || f.Code != "sandbox-busy" {
				t.Errorf("got %v", err)
			}
			if n := pool.Stats().Waiting; n != c.waiting {
				t.Errorf("%d wait", n)
			}
			release()
			for _, done := range checks {
				if err := soon(t, "a check that waited", done); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// A script whose top level never ends keeps a sandbox for less than runs may.
func TestCheckHasLessTimeThanARun(t *testing.T) {
	t.Parallel()
	pool := start(t, sandbox.Config{Limits: sandbox.Limits{Time: patience}})
	begun := time.Now()
	_, err := pool.Check(t.Context(), "for (;;);")
	if fault, ok := errors.AsType[*execution.Error](err); !ok || fault.Kind != execution.TimeLimit {
		t.Errorf("got %v", err)
	}
	if took := time.Since(begun); took > patience/2 {
		t.Errorf("it took %v", took)
	}
}
