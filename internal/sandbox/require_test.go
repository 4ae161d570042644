//go:build unix

package sandbox_test

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"testing"

	"peneira/internal/failure"
	"peneira/internal/sandbox"
)

// TestStrictRefusesAMachineThatDoesNotProtect has a child report that it could put nothing up around itself.
func TestStrictRefusesAMachineThatDoesNotProtect(t *testing.T) {
	t.Parallel()
	pool, err := sandbox.New(sandbox.Config{
		Sandboxes: 2, Command: []string{os.Args[0], "silent"}, Require: sandbox.Strict, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	refusal := pool.Run(t.Context())
	for _, part := range []string{"seccomp", "landlock", "no-new-privileges", "require best effort"} {
		if refusal == nil || !strings.Contains(refusal.Error(), part) {
			t.Errorf("Run: %v; want %q named", refusal, part)
		}
	}
	if err := pool.Ready(); failure.KindOf(err) != failure.Unavailable || !strings.Contains(err.Error(), "seccomp") {
		t.Errorf("Ready: %v", err)
	}
	if _, err := pool.Execute(t.Context(), request("function process() {}", "1")); failure.KindOf(err) != failure.Unavailable {
		t.Errorf("Execute: %v", err)
	}
}

// TestStrictRunsWhereEverythingIsGranted runs a script if this machine and this build grant all protections, and is
// refused otherwise.
func TestStrictRunsWhereEverythingIsGranted(t *testing.T) {
	t.Parallel()
	best := start(t, sandbox.Config{})
	_ = output(t, best, "function process() {}", "1")
	all := true
	for _, m := range best.Lockdown() {
		all = all && m.Active
	}
	pool, err := sandbox.New(sandbox.Config{Sandboxes: 1, Require: sandbox.Strict, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- pool.Run(ctx) }()
	_, err = pool.Execute(t.Context(), request("function process() {}", "1"))
	cancel()
	if ran := <-done; (err == nil) != all || (ran == nil) != all {
		t.Errorf("everything is granted: %v; Execute: %v, Run: %v", all, err, ran)
	}
}
