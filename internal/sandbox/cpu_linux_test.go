package sandbox_test

import (
	"context"
	"log/slog"
	"testing"

	"peneira/internal/execution"
	"peneira/internal/sandbox"
)

// TestCPUTimeIsBounded gives a run far less CPU time than its time limit, as if it burnt it on threads of its own.
func TestCPUTimeIsBounded(t *testing.T) {
	t.Parallel()
	pool, err := sandbox.New(sandbox.Config{
		Sandboxes: 1, Logger: slog.New(slog.DiscardHandler), Limits: sandbox.Limits{Time: patience},
	})
	if err != nil {
		t.Fatal(err)
	}
	pool.ShareCPU(0.02)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- pool.Run(ctx) }()
	o, err := pool.Execute(t.Context(), request("function process() { for (;;); }", "1"))
	if err != nil || o.Err == nil || o.Err.Kind != execution.TimeLimit {
		t.Errorf("%+v, %v", o, err)
	}
	if o.RunTime >= patience {
		t.Errorf("ran for %v", o.RunTime)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestChildThatComputesOnIsReplaced has a child answer in good order and then burn CPU time.
func TestChildThatComputesOnIsReplaced(t *testing.T) {
	t.Parallel()
	pool := impostor(t, "computes on", sandbox.Limits{})
	if got := output(t, pool, "function process() {}", "1"); got != "1" {
		t.Errorf("got %s", got)
	}
	await(t, "replaced", func() bool { return pool.Stats().Spawns > 1 })
}
