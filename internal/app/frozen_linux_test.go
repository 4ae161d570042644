package app_test

import (
	"syscall"
	"testing"
	"time"
)

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
	pids := append([]int{worker.cmd.Process.Pid}, childrenOf(t, worker.cmd.Process.Pid)...)
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
