package sandbox_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"peneira/internal/delivered"
	"peneira/internal/sandbox"
)

// large has a child take about 100 MB; what it keeps of them is at least keptLeast.
const (
	large     = "300000"
	keptLeast = 40 << 20
)

// TestMemoryIsKeptForTheNextRun has a child run much, much again, and then a run with a small memory limit, which must not
// pay for what was kept: it is given back first, by the same child.
func TestMemoryIsKeptForTheNextRun(t *testing.T) {
	t.Parallel()
	pool := keeper(t, time.Hour)
	for range 2 {
		if got := output(t, pool, leaves, large); got != large {
			t.Fatalf("got %s", got)
		}
		await(t, "idle", func() bool { return pool.Stats().Idle == 1 })
		if kept := residentOf(t, pool) - pool.Child().Baseline; kept < keptLeast {
			t.Errorf("%d MB were kept", kept>>20)
		}
	}
	small := request("function process(d) { return d }", "1")
	small.Limits.MemoryBytes = 4 << 20
	if o, err := pool.Execute(t.Context(), small); err != nil || o.Err != nil {
		t.Fatal(o.Err, err)
	}
	if kept := residentOf(t, pool) - pool.Child().Baseline; kept > keptLeast/2 {
		t.Errorf("%d MB are kept still", kept>>20)
	}
	if n := pool.Stats().Spawns; n != 1 {
		t.Errorf("%d children", n)
	}
}

// TestMemoryIsGivenBackByIdleChildren has a child run much, and then nothing.
func TestMemoryIsGivenBackByIdleChildren(t *testing.T) {
	t.Parallel()
	pool := keeper(t, 50*time.Millisecond)
	if got := output(t, pool, leaves, large); got != large {
		t.Fatalf("got %s", got)
	}
	await(t, "given back", func() bool {
		return pool.Stats().Idle == 1 && residentOf(t, pool)-pool.Child().Baseline < keptLeast/2
	})
	if got := output(t, pool, leaves, "10"); got != "10" {
		t.Errorf("got %s", got)
	}
	if n := pool.Stats().Spawns; n != 1 {
		t.Errorf("%d children", n)
	}
}

// keeper returns a pool of one sandbox that looks at idle children so often.
func keeper(t *testing.T, period time.Duration) *sandbox.Pool {
	t.Helper()
	pool := paused(t, sandbox.Config{Limits: sandbox.Limits{Time: patience, MemoryBytes: 512 << 20}, Command: delivered.Sandbox(t)})
	pool.LookAtIdle(period)
	run(t, pool)
	await(t, "ready", func() bool { return pool.Ready() == nil })
	return pool
}

// residentOf returns how many bytes the only child of a pool has resident and shares with no file.
func residentOf(t *testing.T, pool *sandbox.Pool) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pool.PIDs()[0]))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(text))
	resident, _ := strconv.ParseInt(fields[1], 10, 64)
	shared, _ := strconv.ParseInt(fields[2], 10, 64)
	return (resident - shared) * int64(os.Getpagesize())
}
