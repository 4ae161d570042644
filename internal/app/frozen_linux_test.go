package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// family is a process and the sandboxes that it has.
func family(t *testing.T, pid int) []int {
	t.Helper()
	pids := []int{pid}
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil {
			continue // the thread has ended
		}
		for field := range strings.FieldsSeq(string(text)) {
			child, err := strconv.Atoi(field)
			if err != nil {
				t.Fatal(err)
			}
			pids = append(pids, child)
		}
	}
	return pids
}

// A worker that stands still with its sandboxes, for less than it takes to be given up, runs again what came to its time
// limit by that, as the same attempt. The script runs for ever when it notices that it stood still.
func TestFrozenWorkerBlamesNoScript(t *testing.T) {
	t.Parallel()
	const frozen = 1500 * time.Millisecond
	url, pool := open(t)
	worker := launch(t, url, "--sandboxes=1", "--time-limit=4s")
	script := worker.host(`function process(data) {
		const end = Date.now() + 2000;
		for (let last = Date.now(); last < end;) {
			const now = Date.now();
			while (now - last > 700);
			last = now;
		}
		return data;
	}`)
	worker.execute(script, 7)
	count(t, pool, 1, running)
	pids := family(t, worker.cmd.Process.Pid)
	if len(pids) < 2 {
		t.Fatalf("the worker has no sandbox: %v", pids)
	}
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
	}
	<-time.After(frozen)
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
	}
	count(t, pool, 1, `SELECT count(*) FROM executions WHERE status IN ('completed', 'failed')`)
	count(t, pool, 1, `SELECT count(*) FROM executions WHERE status = 'completed' AND attempt = 1 AND execution_time_ms < 4000`)
	count(t, pool, 1, `SELECT count(*) FROM river_job WHERE kind = 'execution' AND state = 'completed' AND attempt = 1`)
}
