package sandbox_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"peneira/internal/delivered"
	"peneira/internal/execution"
	"peneira/internal/sandbox"
)

// measureVariable makes the test binary measure memory instead of starting another one that does.
const measureVariable = "PENEIRA_TEST_MEASURES_MEMORY"

// TestMemoryIsStoppedNearItsLimit measures how far a child gets before it is killed. A process's peak, as the kernel tells
// it, is never below what its parent had resident when it started it: so the parent is a process of its own, small still.
func TestMemoryIsStoppedNearItsLimit(t *testing.T) {
	t.Parallel()
	if os.Getenv(measureVariable) == "" {
		again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		again.Env = append(os.Environ(), measureVariable+"=1")
		out, err := again.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "over the limit") {
			t.Errorf("%v:\n%s", err, out)
		}
		return
	}
	const limit = 96 << 20
	for name, source := range map[string]string{
		"arrays":       "function process() { const a = []; for (;;) a.push(new Array(1000).fill(1)) }",
		"native":       "function process() { return Array(1e9).fill(0) }",
		"typed arrays": "function process() { const a = []; for (;;) a.push(new Uint8Array(1 << 20).fill(1)) }",
		"strings":      "function process() { let s = 'xé'; for (;;) s += s }",
		"jobs":         "function process() { for (;;) Promise.resolve().then(() => 1) }",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// The race detector's own memory, several times the script's, would be measured with it.
			pool := start(t, sandbox.Config{Limits: sandbox.Limits{MemoryBytes: limit, Time: patience}, Command: delivered.Sandbox(t)})
			await(t, "ready", func() bool { return pool.Ready() == nil })
			child := pool.Child()
			_ = output(t, pool, leaves, "10000") // what others have left does not take a run further
			o := execute(t, pool, source, "1")
			if o.Err == nil || o.Err.Kind != execution.MemoryLimit {
				t.Fatalf("%+v", o.Err)
			}
			select {
			case <-child.Dead:
			case <-time.After(patience):
				t.Fatal("the child lives on")
			}
			over := child.Peak() - child.Baseline - limit
			t.Logf("%.1f MiB over the limit", float64(over)/(1<<20))
			if over > limit/4+32<<20 {
				t.Error("that is too far")
			}
		})
	}
}
