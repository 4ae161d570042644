//go:build unix

package app_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
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
	first.beginStop(t)
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

// beginStop sends SIGTERM and returns when the stop is under way.
func (p *process) beginStop(t *testing.T) {
	t.Helper()
	p.signal(syscall.SIGTERM)
	eventually(t, func() error {
		response, err := http.Get(p.url + "/livez")
		if err != nil {
			return nil //nolint:nilerr // it listens no more
		}
		_ = response.Body.Close()
		return errors.New("it still takes requests")
	})
}

// While a stop waits for a slow request, the queue takes no more work, and what runs has no more time than the request has.
func TestStopIsNotHeldUpByASlowRequest(t *testing.T) {
	t.Parallel()
	url, pool := open(t)
	const grace = 5 * time.Second
	only := launch(t, url, "--sandboxes=2", "--time-limit=1m", "--shutdown-time="+grace.String())
	only.execute(only.host(endless), 1)
	quick := only.host(busyFor(300))
	for i := range 40 {
		only.execute(quick, i)
	}
	count(t, pool, 1, `SELECT least(count(*), 1) FROM executions WHERE status = 'completed'`)
	slow, err := net.Dial("tcp", strings.TrimPrefix(only.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = slow.Close() }()
	if _, err := fmt.Fprint(slow, "POST /api/executions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}

	only.beginStop(t)
	begun := time.Now()
	const done = `SELECT id::text FROM executions WHERE status = 'completed'`
	before := len(strs(t, pool, done))
	if err := <-only.ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
	if took := time.Since(begun); took > 2*grace-time.Second {
		t.Errorf("the stop took %v", took)
	}
	if after := len(strs(t, pool, done)); after > before+2 { // one that ran, and one that was just written
		t.Errorf("%d executions were done after the stop began", after-before)
	}
	if left := strs(t, pool, `SELECT id::text FROM river_job WHERE kind = 'execution' AND state = 'running'`); len(left) > 0 {
		t.Errorf("%d jobs were not handed back", len(left))
	}
}

// Who waits for a backup when the server stops is told so, and the backup waits for a worker.
func TestStopAnswersWhoWaitsForABackup(t *testing.T) {
	t.Parallel()
	url, pool := open(t)
	api := launch(t, url, "--role=api")
	answered := api.askForBackup()
	count(t, pool, 1, `SELECT count(*) FROM river_job WHERE kind = 'backup'`)
	if err := api.terminate(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	if a := <-answered; a.status != http.StatusServiceUnavailable || a.Type != "/problems/backup-pending" {
		t.Errorf("answered %+v", a)
	}
	count(t, pool, 1, `SELECT count(*) FROM river_job WHERE kind = 'backup' AND state = 'available'`)
}

// backupAnswer is what is answered to who asks for a backup.
type backupAnswer struct {
	status     int
	Type       string
	BackupPath string
	err        error
}

// askForBackup asks for a backup of the database.
func (p *process) askForBackup() <-chan backupAnswer {
	answered := make(chan backupAnswer, 1)
	go func() {
		var a backupAnswer
		defer func() { answered <- a }()
		response, err := http.Post(p.url+"/api/backup/database", "application/json", nil)
		if a.err = err; err != nil {
			return
		}
		defer func() { _ = response.Body.Close() }()
		a.status, a.err = response.StatusCode, json.NewDecoder(response.Body).Decode(&a)
	}()
	return answered
}
