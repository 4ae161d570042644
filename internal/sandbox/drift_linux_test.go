package sandbox_test

import (
	"testing"

	"peneira/internal/delivered"
	"peneira/internal/sandbox"
)

// leaves makes objects that are garbage when it ends; its input says how many.
const leaves = "function process(n) { const a = []; for (let i = 0; i < n; i++) a.push({ i, s: 'x' + i }); return a.length }"

// What the runs before have left in a child is not charged to a run with a small memory limit.
func TestRunDoesNotPayForTheOneBefore(t *testing.T) {
	t.Parallel()
	pool := start(t, sandbox.Config{Limits: sandbox.Limits{Time: patience, MemoryBytes: 4 << 30}, Command: delivered.Sandbox(t)})
	small := request("function process(d) { return d }", "1")
	small.Limits.MemoryBytes = 4 << 20
	// Each leaves another amount, up to what a child may keep after a run.
	for i := range 3 {
		for _, objects := range []string{"300000", "50000"} {
			if got := output(t, pool, leaves, objects); got != objects {
				t.Fatalf("got %s", got)
			}
			o, err := pool.Execute(t.Context(), small)
			if err != nil {
				t.Fatal(err)
			}
			if o.Err != nil {
				t.Errorf("round %d, after %s objects: %v", i, objects, o.Err)
			}
		}
	}
}
