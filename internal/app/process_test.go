package app_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"peneira/internal/delivered"
	"peneira/internal/postgres"
	"peneira/internal/postgres/pgtest"
)

// process is the program, as it is delivered, in a process of its own.
type process struct {
	t     testing.TB
	cmd   *exec.Cmd
	url   string
	ended chan error
}

// launch starts the program and waits until it says that it is ready.
func launch(t testing.TB, databaseURL string, args ...string) *process {
	t.Helper()
	p, ready := begin(t, delivered.Program(t), databaseURL, args...)
	p.wait(ready)
	return p
}

// begin starts a program, which tells its address when it is ready.
func begin(t testing.TB, program, databaseURL string, args ...string) (*process, <-chan string) {
	t.Helper()
	cmd := exec.Command(program, append([]string{"serve", "--listen=127.0.0.1:0", "--backup-schedule=off", "--data-dir=" + t.TempDir()}, args...)...)
	cmd.Env = append(os.Environ(), "DATABASE_URL="+databaseURL)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: cmd, ended: make(chan error, 1)}
	ready := make(chan string, 1)
	go func() {
		defer close(ready)
		lines := bufio.NewScanner(stderr)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var entry struct{ Msg, URL string }
			if json.Unmarshal(lines.Bytes(), &entry) == nil && entry.Msg == "ready" {
				ready <- entry.URL
			}
		}
		p.ended <- cmd.Wait()
	}()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return p, ready
}

// wait waits until the program says that it is ready.
func (p *process) wait(ready <-chan string) {
	p.t.Helper()
	url, ok := <-ready
	if !ok {
		p.t.Fatalf("the program ended before it was ready: %v", <-p.ended)
	}
	p.url = url
}

// kill is kill -9. It returns when the process is gone.
func (p *process) kill() {
	p.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Fatal(err)
	}
	<-p.ended
}

// terminate is SIGTERM. It returns what the process ended with.
func (p *process) terminate() error {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	return <-p.ended
}

// host hosts a script and returns its id.
func (p *process) host(content string) string {
	p.t.Helper()
	return p.post("/api/scripts", map[string]any{"name": "s", "content": content}, http.StatusCreated)
}

// execute posts data for a script and returns the id of the execution.
func (p *process) execute(script string, data any) string {
	p.t.Helper()
	return p.post("/api/executions", map[string]any{"scriptId": script, "data": data}, http.StatusAccepted)
}

func (p *process) post(path string, body any, want int) (id string) {
	p.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	response, err := http.Post(p.url+path, "application/json", bytes.NewReader(text))
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != want {
		p.t.Fatalf("POST %s: %s %s (%v)", path, response.Status, answer, err)
	}
	var made struct{ ID string }
	if err := json.Unmarshal(answer, &made); err != nil {
		p.t.Fatal(err)
	}
	return made.ID
}

// eventually waits until what asks returns nil: processes that are killed give no signal to wait on.
func eventually(t testing.TB, asks func() error) {
	t.Helper()
	deadline := time.After(60 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		err := asks()
		if err == nil {
			return
		}
		select {
		case <-deadline:
			t.Fatal(err)
		case <-tick.C:
		}
	}
}

// count waits until a query that counts gives what is wanted.
func count(t testing.TB, pool *pgxpool.Pool, want int, sql string) {
	t.Helper()
	eventually(t, func() error {
		var n int
		if err := pool.QueryRow(t.Context(), sql).Scan(&n); err != nil {
			return err
		}
		if n != want {
			return fmt.Errorf("%s: %d, want %d", sql, n, want)
		}
		return nil
	})
}

// busyFor keeps a sandbox busy for so many milliseconds, and returns what it was given with a mark.
func busyFor(ms int) string {
	return strings.ReplaceAll(`function process(data) { const end = Date.now() + MS; while (Date.now() < end) {} return {got: data}; }`, "MS", fmt.Sprint(ms))
}

func open(t *testing.T) (url string, pool *pgxpool.Pool) {
	t.Helper()
	url = pgtest.URL(t)
	pool, err := postgres.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return url, pool
}

func TestKilledWorkerLosesNothing(t *testing.T) {
	t.Parallel()
	url, pool := open(t)
	api := launch(t, url, "--role=api")
	doomed := launch(t, url, "--role=worker")
	script := api.host(busyFor(200))
	const number = 20
	for i := range number {
		api.execute(script, i)
	}
	count(t, pool, 2, `SELECT least(count(*), 2) FROM executions WHERE status = 'completed'`)
	doomed.kill()
	heir := launch(t, url, "--role=worker")
	count(t, pool, number, `SELECT count(*) FROM executions WHERE status = 'completed' AND output_json ->> 'got' = input_json::text`)
	count(t, pool, 0, `SELECT count(*) FROM river_job WHERE kind = 'execution' AND state <> 'completed'`)
	if err := heir.terminate(); err != nil {
		t.Errorf("SIGTERM ended the worker with %v", err)
	}
	if err := api.terminate(); err != nil {
		t.Errorf("SIGTERM ended the API with %v", err)
	}
}

func TestKilledSingleProcessResumes(t *testing.T) {
	t.Parallel()
	url, pool := open(t)
	first := launch(t, url)
	script := first.host(busyFor(100))
	for i := range 10 {
		first.execute(script, i)
	}
	first.kill()
	launch(t, url)
	count(t, pool, 10, `SELECT count(*) FROM executions WHERE status = 'completed'`)
}

func TestStopHandsBackWhatDoesNotFinish(t *testing.T) {
	t.Parallel()
	url, pool := open(t)
	first := launch(t, url, "--shutdown-time=0s")
	first.execute(first.host(busyFor(2500)), 1)
	count(t, pool, 1, `SELECT count(*) FROM executions WHERE status = 'running'`)
	if err := first.terminate(); err != nil {
		t.Fatalf("SIGTERM: %v", err)
	}
	count(t, pool, 1, `SELECT count(*) FROM river_job WHERE kind = 'execution' AND state = 'available'`)
	launch(t, url)
	count(t, pool, 1, `SELECT count(*) FROM executions WHERE status = 'completed' AND attempt = 2`)
}

func TestStopLetsRunningScriptsFinish(t *testing.T) {
	t.Parallel()
	url, pool := open(t)
	only := launch(t, url)
	only.execute(only.host(busyFor(1000)), 1)
	count(t, pool, 1, `SELECT count(*) FROM executions WHERE status = 'running'`)
	if err := only.terminate(); err != nil {
		t.Fatalf("SIGTERM: %v", err)
	}
	var completed int
	if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM executions WHERE status = 'completed' AND attempt = 1`).Scan(&completed); err != nil || completed != 1 {
		t.Errorf("the running script did not finish (%v)", err)
	}
}
