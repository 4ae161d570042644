//go:build unix

package app_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// record keeps every change of an execution after its end, of which there must be none.
func record(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), `
		CREATE TABLE late_changes (id UUID, was TEXT, is_now TEXT);
		CREATE FUNCTION record_late_change() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN INSERT INTO late_changes VALUES (OLD.id, OLD::text, NEW::text); RETURN NULL; END $$;
		CREATE TRIGGER record_late_change AFTER UPDATE OR DELETE ON executions FOR EACH ROW
			WHEN (OLD.status NOT IN ('pending', 'running')) EXECUTE FUNCTION record_late_change()`); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		var n int
		// The test's own context has ended by now; the pool is closed later, since clean-ups run last to first.
		if err := pool.QueryRow(context.Background(), `SELECT count(*) FROM late_changes`).Scan(&n); err != nil || n > 0 {
			t.Errorf("%d executions changed after their end (%v)", n, err)
		}
	})
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// whoRuns tells which of two workers has the one job that runs.
func whoRuns(t *testing.T, pool *pgxpool.Pool, a, b *process) (it, other *process) {
	t.Helper()
	var its bool
	if err := pool.QueryRow(t.Context(), `SELECT attempted_by[cardinality(attempted_by)] LIKE '%-' || $1 || '-%' FROM river_job
		WHERE kind = 'execution' AND state = 'running'`, fmt.Sprint(a.cmd.Process.Pid)).Scan(&its); err != nil {
		t.Fatal(err)
	}
	if its {
		return a, b
	}
	return b, a
}

const (
	endless = `let n = 0; function process() { while (true) { n++; } }`

	running   = `SELECT count(*) FROM executions WHERE status = 'running'`
	unsettled = `SELECT count(*) FROM river_job WHERE kind = 'execution' AND state <> 'completed'`
)

// A worker that is killed is noticed by the others, which run its executions again at no cost of an attempt.
func TestKilledWorkerIsNoticed(t *testing.T) {
	t.Parallel()
	url, pool := open(t)
	record(t, pool)
	api := launch(t, url, "--role=api")
	first, second := launch(t, url, "--role=worker", "--time-limit=10m"), launch(t, url, "--role=worker", "--time-limit=10m")
	id := api.execute(api.host(endless), 7)
	count(t, pool, 1, running)
	doomed, _ := whoRuns(t, pool, first, second)
	doomed.kill()
	begun := time.Now()
	count(t, pool, 1, `SELECT count(*) FROM executions WHERE status = 'running' AND attempt = 2`)
	t.Logf("killed, and running again after %v", time.Since(begun).Round(time.Millisecond))
	api.post("/api/executions/"+id+"/cancel", nil, http.StatusOK)
	count(t, pool, 0, unsettled)
	count(t, pool, 1, `SELECT count(*) FROM river_job WHERE kind = 'execution' AND attempt = 1 AND cardinality(errors) IS NULL`)
}

// A worker that is taken for dead and is not finds its run given up, and can end neither the execution nor the job.
func TestWorkersTakenForDeadAreFenced(t *testing.T) {
	t.Parallel()
	for name, cutOff := range map[string]func(t *testing.T, pool *pgxpool.Pool, worker *process) (restore func()){
		"frozen": func(t *testing.T, _ *pgxpool.Pool, worker *process) func() {
			t.Helper()
			worker.signal(syscall.SIGSTOP)
			return func() { worker.signal(syscall.SIGCONT) }
		},
		"without its lock": func(t *testing.T, pool *pgxpool.Pool, worker *process) func() {
			t.Helper()
			eventually(t, func() error {
				_, err := pool.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
					WHERE datname = current_database() AND application_name LIKE 'peneira %-' || $1 || '-%'`, fmt.Sprint(worker.cmd.Process.Pid))
				if err != nil {
					return err
				}
				var handedOn bool
				err = pool.QueryRow(t.Context(), `SELECT bool_or(metadata ? 'handed_on') FROM river_job`).Scan(&handedOn)
				if err == nil && !handedOn {
					err = errors.New("the job was not handed on")
				}
				return err
			})
			return func() {}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, pool := open(t)
			record(t, pool)
			api := launch(t, url, "--role=api")
			first := launch(t, url, "--role=worker", "--sandboxes=1", "--time-limit=1m")
			second := launch(t, url, "--role=worker", "--sandboxes=1", "--time-limit=1m")
			script := api.host(busyFor(3000))
			api.execute(script, "the one")
			count(t, pool, 1, running)
			cut, heir := whoRuns(t, pool, first, second)
			restore := cutOff(t, pool, cut)
			count(t, pool, 1, `SELECT count(*) FROM executions WHERE attempt = 2`)
			restore()
			// The first run ends while the second is under way.
			count(t, pool, 1, `SELECT count(*) FROM executions WHERE status = 'completed' AND attempt = 2 AND output_json::text = '{"got":"the one"}'`)
			count(t, pool, 0, unsettled)
			// Both workers are fit, and the first has nothing left of its old run.
			for range 4 {
				api.execute(script, "another")
			}
			count(t, pool, 5, `SELECT count(*) FROM executions WHERE status = 'completed'`)
			for _, p := range []*process{cut, heir} {
				if err := p.terminate(); err != nil {
					t.Errorf("SIGTERM ended a worker with %v", err)
				}
			}
			count(t, pool, 5, `SELECT count(*) FROM river_job WHERE kind = 'execution' AND state = 'completed' AND attempt = 1`)
		})
	}
}

// An execution that keeps killing its worker fails after three of them. One that only waited in those workers does not.
func TestExecutionThatKillsItsWorkersFails(t *testing.T) {
	t.Parallel()
	url, pool := open(t)
	record(t, pool)
	api := launch(t, url, "--role=api")
	killer := api.execute(api.host(endless), 1)
	worker := launch(t, url, "--role=worker", "--sandboxes=1", "--time-limit=10m")
	short := api.host(busyFor(1))
	for death := 1; ; death++ {
		count(t, pool, 1, `SELECT count(*) FROM executions WHERE status = 'running' AND attempt = `+fmt.Sprint(death)+` AND id = '`+killer+`'`)
		// A bystander is in the worker too, behind the killer. Of those that come back with it the next one may run first.
		bystander := api.execute(short, death)
		count(t, pool, 1, `SELECT count(*) FROM river_job WHERE state = 'running' AND args ->> 'execution_id' = '`+bystander+`'`)
		worker.kill()
		worker = launch(t, url, "--role=worker", "--sandboxes=1", "--time-limit=10m")
		if death == 3 {
			break
		}
	}
	count(t, pool, 1, `SELECT count(*) FROM executions WHERE status = 'failed' AND error_kind = 'internal' AND error_message LIKE '%worker process ended 3 times%' AND id = '`+killer+`'`)
	count(t, pool, 3, `SELECT count(*) FROM executions WHERE status = 'completed'`)
	count(t, pool, 0, unsettled)
}

// When the worker that leads (periodic jobs, clean-up of the queue) is killed, another leads.
func TestAnotherLeadsWhenTheLeaderIsKilled(t *testing.T) {
	t.Parallel()
	url, pool := open(t)
	workers := []*process{launch(t, url, "--role=worker"), launch(t, url, "--role=worker")}
	leader := func() (id string, err error) {
		err = pool.QueryRow(t.Context(), `SELECT leader_id FROM river_leader WHERE expires_at > now()`).Scan(&id)
		return id, err
	}
	var first string
	eventually(t, func() (err error) {
		first, err = leader()
		return err
	})
	for _, w := range workers {
		if strings.Contains(first, fmt.Sprintf("-%d-", w.cmd.Process.Pid)) {
			w.kill()
		}
	}
	begun := time.Now()
	eventually(t, func() error {
		id, err := leader()
		if err == nil && id == first {
			err = errors.New("the dead one still leads")
		}
		return err
	})
	t.Logf("another leads after %v", time.Since(begun).Round(time.Millisecond))
}
