//go:build unix

package embedded

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// serveVariable makes the test binary a parent to be killed: it starts a server in the directory that the variable names.
const serveVariable = "PENEIRA_TEST_SERVE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(serveVariable); dir != "" {
		os.Exit(serve(dir))
	}
	code := m.Run()
	if ready.dir != "" {
		_ = os.RemoveAll(ready.dir)
	}
	os.Exit(code)
}

// ready is a data directory with a new cluster, made once for the tests that need one and do not care how it came about:
// copying it costs a tenth of making it.
var ready struct {
	once sync.Once
	dir  string
	err  error
}

func makeReady() {
	ready.dir, ready.err = os.MkdirTemp(scratchDir(), "peneira-ready-")
	if ready.err != nil {
		return
	}
	if ready.err = os.Chmod(ready.dir, 0o755); ready.err != nil {
		return
	}
	var s *Server
	if s, ready.err = Start(context.Background(), Config{Dir: ready.dir, Throwaway: true}); ready.err == nil {
		ready.err = s.Stop(context.Background())
	}
}

// readyDir returns a directory as openDir does, with a cluster in it.
func readyDir(t testing.TB) string {
	t.Helper()
	dir := openDir(t)
	fillDir(t, dir)
	return dir
}

// fillDir puts a cluster into a data directory.
func fillDir(t testing.TB, dir string) {
	t.Helper()
	ready.once.Do(makeReady)
	if ready.err != nil {
		t.Fatal(ready.err)
	}
	if err := makeOpenDir(dir); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "cp", "-pR", filepath.Join(ready.dir, "pg"), filepath.Join(dir, "pg")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// serve says "starting", starts a server, says its address, and waits to be killed.
func serve(dir string) int {
	fmt.Println("starting")
	s, err := Start(context.Background(), Config{Dir: dir})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println(s.URL())
	<-s.Done()
	return 0
}

// parent is a process that serve runs in.
type parent struct {
	*exec.Cmd
	lines *bufio.Scanner
}

func startParent(t *testing.T, dir string) *parent {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), serveVariable+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &parent{cmd, bufio.NewScanner(out)}
	t.Cleanup(p.kill)
	if line := p.line(t); line != "starting" {
		t.Fatalf("the parent says %q", line)
	}
	return p
}

func (p *parent) line(t *testing.T) string {
	t.Helper()
	if !p.lines.Scan() {
		t.Fatalf("the parent ended: %v", p.lines.Err())
	}
	return p.lines.Text()
}

// kill is kill -9.
func (p *parent) kill() {
	_ = p.Process.Kill()
	_ = p.Wait()
}

// openDir returns a directory that every user can reach.
func openDir(t testing.TB) string {
	t.Helper()
	//nolint:usetesting // t.TempDir is closed to other users
	dir, err := os.MkdirTemp(scratchDir(), "peneira-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// setup starts a server that the test's end stops.
func setup(t testing.TB, cfg Config) *Server {
	t.Helper()
	s, err := try(t, cfg)
	if err != nil {
		t.Fatalf("starting: %v", err)
	}
	return s
}

// try is setup for a start that may fail.
func try(t testing.TB, cfg Config) (*Server, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	s, err := Start(ctx, cfg)
	if err == nil {
		t.Cleanup(func() { stop(t, s) })
	}
	return s, err
}

func stop(t testing.TB, s *Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		t.Errorf("stopping: %v", err)
	}
}

// query runs one statement and returns the single text it answers, or "".
func query(t testing.TB, url, sql string) string {
	t.Helper()
	answer, err := tryQuery(url, sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return answer
}

func tryQuery(url, sql string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, sql, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		return "", err
	}
	answers, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return strings.Join(answers, "\n"), err
}

// postmasterPID returns the process of the server on a data directory.
func postmasterPID(t testing.TB, dir string) int {
	t.Helper()
	status, err := readStatus(filepath.Join(dir, "pg"))
	if err != nil || status.pid == 0 {
		t.Fatalf("no server on %s: %v", dir, err)
	}
	return status.pid
}

// awaitEnd waits for the end of a process that is no child of ours.
func awaitEnd(t testing.TB, pid int) {
	t.Helper()
	await(t, fmt.Sprintf("the end of process %d", pid), func() bool {
		return syscall.Kill(pid, 0) != nil
	})
}

// await waits for what gives no signal.
func await(t testing.TB, what string, happened func() bool) {
	t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for !happened() {
		select {
		case <-ticker.C:
		case <-deadline.C:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func contains(t testing.TB, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; wanted one about %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error lacks %q: %v", part, err)
		}
	}
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// scratchDir returns a directory in memory, where there is one with room: making the hundreds of files of a cluster takes some
// file systems longer than all else.
func scratchDir() string {
	const memory, enoughBytes = "/dev/shm", 4 << 30
	var stat syscall.Statfs_t
	if os.Getenv("TMPDIR") != "" || syscall.Statfs(memory, &stat) != nil || stat.Bavail*uint64(stat.Bsize) < enoughBytes {
		return os.TempDir()
	}
	return memory
}
