package sandbox_test

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"peneira/internal/execution"
	"peneira/internal/sandbox"
)

// patience is how long a test waits for what should come at once.
const patience = time.Minute

// start makes a pool and runs it.
func start(t testing.TB, cfg sandbox.Config) *sandbox.Pool {
	t.Helper()
	pool := paused(t, cfg)
	run(t, pool)
	return pool
}

// paused makes a pool, which run is to run.
func paused(t testing.TB, cfg sandbox.Config) *sandbox.Pool {
	t.Helper()
	if cfg.Sandboxes == 0 {
		cfg.Sandboxes = 1
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	pool, err := sandbox.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return pool
}

// run runs a pool until the test ends, and checks then that Run returns.
func run(t testing.TB, pool *sandbox.Pool) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- pool.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(patience):
			t.Error("Run did not return")
		}
	})
}

// request is a run of source over input.
func request(source, input string) sandbox.Request {
	return sandbox.Request{Program: sandbox.NewProgram(source), Input: []byte(input)}
}

// execute runs source over input and fails the test if that is not possible.
func execute(t testing.TB, pool *sandbox.Pool, source, input string) execution.Outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	outcome, err := pool.Execute(ctx, request(source, input))
	if err != nil {
		t.Fatalf("Execute: %v", err)
	}
	return outcome
}

// output runs source over input and returns what it must give.
func output(t testing.TB, pool *sandbox.Pool, source, input string) string {
	t.Helper()
	o := execute(t, pool, source, input)
	if o.Err != nil {
		t.Fatalf("the script failed: %v", o.Err)
	}
	return string(o.Output)
}

// await polls until a condition holds that no signal tells of.
func await(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !condition(); {
		if time.Now().After(deadline) {
			t.Fatalf("never came true: %s", what)
		}
		<-time.After(time.Millisecond)
	}
}

func readFile(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}
