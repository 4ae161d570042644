package sandbox_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"peneira/internal/execution"
	"peneira/internal/sandbox"
)

// measureVariable makes the test binary measure memory instead of starting another one that does.
const measureVariable = "PENEIRA_TEST_MEASURES_MEMORY"

// alone reports whether this process runs just this test, and may measure. If not, it has one that does run it, and say a word.
func alone(t *testing.T, word string) bool {
	t.Helper()
	if os.Getenv(measureVariable) != "" {
		return true
	}
	again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	again.Env = append(os.Environ(), measureVariable+"=1")
	out, err := again.CombinedOutput()
	if err != nil || !strings.Contains(string(out), word) {
		t.Errorf("%v:\n%s", err, out)
	}
	return false
}

// TestMemoryIsStoppedNearItsLimit measures how far a child gets before it is killed. A process's peak, as the kernel tells
// it, is never below what its parent had resident when it started it: so the parent is a process of its own, small still.
func TestMemoryIsStoppedNearItsLimit(t *testing.T) {
	t.Parallel()
	if !alone(t, "over the limit") {
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
			pool := start(t, sandbox.Config{Limits: sandbox.Limits{MemoryBytes: limit, Time: patience}})
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

// TestLargeInputFitsIntoEightTimesItsSize runs the scripts that make most of 100,000 rows with so little memory that the child,
// what it holds before its first run included, takes at most eight times the input: with more it would be killed.
func TestLargeInputFitsIntoEightTimesItsSize(t *testing.T) {
	t.Parallel()
	if !alone(t, "PASS: TestLargeInputFitsIntoEightTimesItsSize/spread") {
		return // what this process holds is measured, too
	}
	const before = 24 << 20 // more than a new child holds
	input := rows(100_000)
	limit := int64(8*len(input) - before)
	for _, name := range []string{"summary", "enrich", "spread"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := start(t, sandbox.Config{Limits: sandbox.Limits{MemoryBytes: limit, Time: 5 * time.Minute}, Command: delivered(t)})
			source := readFile(t, filepath.Join("../../cmd/performance/scripts", name+".js"))
			if o, err := pool.Execute(t.Context(), request(source, input)); err != nil || o.Err != nil {
				t.Error(o.Err, err)
			}
			if held := pool.Child().Baseline; held > before {
				t.Errorf("a new child holds %d bytes", held)
			}
		})
	}
}
