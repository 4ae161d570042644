//go:build unix

package app_test

import (
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// burst posts executions from several clients until the server takes no more, and returns the ids of those that it took.
func (p *process) burst(t *testing.T, script string, clients int) (acknowledged func() []string) {
	t.Helper()
	var mu sync.Mutex
	var ids []string
	var posting sync.WaitGroup
	for client := range clients {
		posting.Go(func() {
			for i := 0; ; i++ {
				response := <-p.send(script, fmt.Sprintf("%d-%d", client, i), fmt.Sprint(i))
				if response == nil || response.StatusCode != http.StatusAccepted {
					return
				}
				mu.Lock()
				ids = append(ids, strings.TrimPrefix(response.Header.Get("Location"), "/api/executions/"))
				mu.Unlock()
			}
		})
	}
	return func() []string {
		posting.Wait()
		return ids
	}
}

func strs(t *testing.T, pool *pgxpool.Pool, sql string, args ...any) []string {
	t.Helper()
	rows, err := pool.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// Under load, a stop takes no more requests, lets what runs finish, hands back the rest, and exits with 0. The next process
// does what is left, and nothing is lost or done twice.
func TestStopUnderLoad(t *testing.T) {
	t.Parallel()
	url, pool := open(t)
	record(t, pool)
	first := launch(t, url, "--sandboxes=2", "--time-limit=1m", "--shutdown-time=1m")
	long := first.host(busyFor(15_000))
	quick := first.host(busyFor(5))
	first.execute(long, "long")
	count(t, pool, 1, running)
	acknowledged := first.burst(t, quick, 8)
	count(t, pool, 100, `SELECT least(count(*), 100) FROM executions`)
	runs := strs(t, pool, `SELECT id::text FROM executions WHERE status = 'running' AND script_id = $1`, long)
	if len(runs) != 1 {
		t.Fatal("the long script does not run any more")
	}

	begun := time.Now()
	if err := first.terminate(); err != nil {
		t.Fatalf("SIGTERM under load ended it with %v", err)
	}
	t.Logf("stopped in %v", time.Since(begun).Round(time.Millisecond))
	ids := acknowledged()
	if left := strs(t, pool, `SELECT id::text FROM river_job WHERE kind = 'execution' AND state = 'running'`); len(left) > 0 {
		t.Errorf("%d jobs were not handed back", len(left))
	}
	if done := strs(t, pool, `SELECT id::text FROM executions WHERE id = ANY ($1) AND status = 'completed' AND attempt = 1`, runs); len(done) != len(runs) {
		t.Errorf("%d of %d running scripts finished", len(done), len(runs))
	}
	known := strs(t, pool, `SELECT id::text FROM executions WHERE id = ANY ($1)`, ids)
	if len(known) != len(ids) || len(ids) < 50 {
		t.Errorf("of %d that were acknowledged, %d are there", len(ids), len(known))
	}
	next := launch(t, url)
	count(t, pool, 0, `SELECT count(*) FROM executions WHERE status <> 'completed' OR output_json ->> 'got' <> input_json #>> '{}'`)
	count(t, pool, 0, unsettled)
	if err := next.terminate(); err != nil {
		t.Errorf("SIGTERM when idle ended it with %v", err)
	}
}

// A second signal ends the process at once, whatever still runs; what ran is run again.
func TestSecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	url, pool := open(t)
	record(t, pool)
	first := launch(t, url, "--time-limit=10m", "--shutdown-time=10m")
	id := first.execute(first.host(endless), 1)
	count(t, pool, 1, running)
	first.signal(syscall.SIGTERM)
	eventually(t, func() error {
		response, err := http.Get(first.url + "/livez")
		if err != nil {
			return nil //nolint:nilerr // it listens no more: the stop is under way
		}
		_ = response.Body.Close()
		return errors.New("it still takes requests")
	})
	err := first.terminate()
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
		t.Errorf("the second signal ended it with %v", err)
	}
	next := launch(t, url, "--time-limit=10m")
	count(t, pool, 1, `SELECT count(*) FROM executions WHERE status = 'running' AND attempt = 2`)
	next.post("/api/executions/"+id+"/cancel", nil, http.StatusOK)
	count(t, pool, 0, unsettled)
}
