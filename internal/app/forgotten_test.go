//go:build unix

package app_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
)

// forgetFetch does what a crash of the database may: the fetch of a job never was.
func forgetFetch(t *testing.T, pool *pgxpool.Pool, execution string) {
	t.Helper()
	forgotten, err := pool.Exec(t.Context(), `UPDATE river_job SET state = 'available', attempt = 0, attempted_at = NULL, attempted_by = NULL
		WHERE args ->> 'execution_id' = $1 AND state = 'running'`, execution)
	if err != nil || forgotten.RowsAffected() != 1 {
		t.Fatal(forgotten, err)
	}
}

// shows waits until a metric of a process has a value.
func (p *process) shows(t *testing.T, metric string, value int) {
	t.Helper()
	eventually(t, func() error {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/metrics", http.NoBody)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err == nil && !strings.Contains(string(text), fmt.Sprintf("\n%s %d\n", metric, value)) {
			err = fmt.Errorf("%s is not %d", metric, value)
		}
		return err
	})
}

// A worker that works on a job when the database forgets that it has it takes it again, and does not run it twice.
func TestForgottenFetchIsTakenAgain(t *testing.T) {
	t.Parallel()
	url, pool := open(t)
	record(t, pool)
	worker := launch(t, url, "--sandboxes=2", "--time-limit=10m")
	id := worker.execute(worker.host(endless), 7)
	count(t, pool, 1, running)
	forgetFetch(t, pool, id)
	count(t, pool, 1, `SELECT count(*) FROM river_job WHERE kind = 'execution' AND state = 'running'`)
	// A second run would begin and be shown, as attempt 2, before this one is over.
	worker.execute(worker.host(busyFor(300)), 7)
	count(t, pool, 1, `SELECT count(*) FROM executions WHERE status = 'completed'`)
	count(t, pool, 1, `SELECT count(*) FROM executions WHERE status = 'running' AND attempt = 1`)
	worker.post("/api/executions/"+id+"/cancel", nil, http.StatusOK)
	count(t, pool, 0, unsettled)
}

// When another worker takes such a job, the run of the first does not count, and what it says of the job changes nothing.
func TestForgottenFetchIsLeftToWhoTookIt(t *testing.T) {
	t.Parallel()
	url, pool := open(t)
	record(t, pool)
	api := launch(t, url, "--role=api")
	script := api.host(endless)
	first := launch(t, url, "--role=worker", "--sandboxes=1", "--time-limit=3s")
	before := api.execute(script, 7)
	count(t, pool, 1, running)
	id := api.execute(script, 8)
	first.shows(t, "peneira_sandbox_waiting", 1) // and has read what it is to run: after that it knows of no other
	first.signal(syscall.SIGSTOP)
	forgetFetch(t, pool, id)
	second := launch(t, url, "--role=worker", "--time-limit=10m")
	const runsStill = `SELECT count(*) FROM executions e JOIN river_job j ON j.args ->> 'execution_id' = e.id::text
		WHERE e.status = 'running' AND e.attempt = 1 AND j.state = 'running' AND j.attempt = 1 AND e.id = `
	count(t, pool, 1, runsStill+"'"+id+"'")
	first.signal(syscall.SIGCONT)
	first.shows(t, "peneira_sandbox_runs_total", 2)
	if err := first.terminate(); err != nil {
		t.Fatal(err)
	}
	count(t, pool, 1, runsStill+"'"+id+"'")
	api.post("/api/executions/"+id+"/cancel", nil, http.StatusOK)
	// On a slow machine the first was silent for five seconds: then what it ran has been handed on, and goes on.
	var status string
	if err := pool.QueryRow(t.Context(), `SELECT status FROM executions WHERE id = $1`, before).Scan(&status); err != nil {
		t.Fatal(err)
	}
	if status != "failed" {
		api.post("/api/executions/"+before+"/cancel", nil, http.StatusOK)
	}
	count(t, pool, 0, unsettled)
	if err := second.terminate(); err != nil {
		t.Fatal(err)
	}
}
