//go:build unix

package sandbox_test

import (
	"testing"

	"peneira/internal/sandbox"
)

// TestChildThatSpeaksBetweenRunsIsReplaced has a child, as if in a script's hands, say more than its answer. The next
// run must not get the blame for it, nor read it.
func TestChildThatSpeaksBetweenRunsIsReplaced(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"speaks on", "speaks later"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := impostor(t, name, sandbox.Limits{})
			for i := range 3 {
				if got := output(t, pool, "function process() {}", "1"); got != "1" {
					t.Errorf("run %d got %s", i, got)
				}
				await(t, "it spoke", pool.Spoke)
			}
			if spawns := pool.Stats().Spawns; spawns < 3 {
				t.Errorf("%d children", spawns)
			}
		})
	}
}
