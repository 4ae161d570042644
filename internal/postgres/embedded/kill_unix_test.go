//go:build unix

package embedded

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func TestKilledParent(t *testing.T) {
	t.Parallel()
	dir := readyDir(t)
	p := startParent(t, dir)
	url := p.line(t)
	query(t, url, "CREATE TABLE t AS SELECT 'kept' AS v")
	// A session at work, so that there is a child to take along and something to roll back.
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "BEGIN; INSERT INTO t VALUES ('not committed')"); err != nil {
		t.Fatal(err)
	}
	server, backend := postmasterPID(t, dir), int(conn.PgConn().PID())

	began := time.Now()
	p.kill()
	if !orphansEnd {
		t.Log("here a server outlives a killed parent until the next start")
	} else {
		awaitEnd(t, server)
		awaitEnd(t, backend)
		t.Logf("the server was gone %s after the kill", time.Since(began))
	}

	s := setup(t, Config{Dir: dir})
	if got := query(t, s.URL(), "SELECT v FROM t"); got != "kept" {
		t.Errorf("after the kill: %q", got)
	}
}

// The next start comes at once, while the killed parent's server may still be ending.
func TestRestartRightAfterKill(t *testing.T) {
	t.Parallel()
	dir := readyDir(t)
	for round := range 3 {
		p := startParent(t, dir)
		url := p.line(t)
		if round == 0 {
			query(t, url, "CREATE TABLE t (n int)")
		}
		query(t, url, "INSERT INTO t VALUES (1)")
		p.kill()
	}
	s := setup(t, Config{Dir: dir})
	if got := query(t, s.URL(), "SELECT count(*)::text FROM t"); got != "3" {
		t.Errorf("%s of 3 rows are there", got)
	}
}

func TestKilledWhileMakingTheCluster(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	p := startParent(t, dir)
	await(t, "initdb to be at work", func() bool {
		found, _ := filepath.Glob(filepath.Join(dir, "pg.init-*", "PG_VERSION"))
		return len(found) > 0
	})
	p.kill()
	if _, err := os.Stat(filepath.Join(dir, "pg")); err == nil {
		t.Fatal("the cluster was finished before the kill; the test shows nothing")
	}
	s := setup(t, Config{Dir: dir})
	query(t, s.URL(), "SELECT 'fine'")
	stop(t, s)
	// initdb's own child may have been writing during that start; the one after it finds the place clean.
	setup(t, Config{Dir: dir})
	if left, _ := filepath.Glob(filepath.Join(dir, "pg.init-*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

//nolint:tparallel // one after the other on one cluster
func TestStaleLockFile(t *testing.T) {
	t.Parallel()
	dir := readyDir(t)
	cluster := filepath.Join(dir, "pg")
	path := filepath.Join(cluster, statusFile)
	for name, content := range map[string]func(t *testing.T, cluster string) string{
		"of a dead process": func(t *testing.T, _ string) string {
			t.Helper()
			cmd := exec.CommandContext(t.Context(), "true")
			if err := cmd.Run(); err != nil {
				t.Fatal(err)
			}
			return strconv.Itoa(cmd.Process.Pid)
		},
		"of our own process": func(*testing.T, string) string { return strconv.Itoa(os.Getpid()) },
		"of process 1":       func(*testing.T, string) string { return "1" },
		"of a foreign process of the server's user": foreign,
		"empty":                 func(*testing.T, string) string { return "" },
		"garbage":               func(*testing.T, string) string { return "\x00\x00\x00" },
		"a number out of range": func(*testing.T, string) string { return "99999999999999999999" },
	} {
		t.Run(name, func(t *testing.T) {
			s := setup(t, Config{Dir: dir, Throwaway: true})
			query(t, s.URL(), "DROP TABLE IF EXISTS t; CREATE TABLE t AS SELECT 'kept' AS v")
			whole, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			stop(t, s)

			text := content(t, cluster)
			if text != "" && text != "\x00\x00\x00" {
				_, rest, _ := strings.Cut(string(whole), "\n")
				text += "\n" + rest
			}
			write(t, path, text)
			if err := chooseAccount(cluster).own(path); err != nil {
				t.Fatal(err)
			}
			past := time.Now().Add(-time.Hour)
			if err := os.Chtimes(path, past, past); err != nil {
				t.Fatal(err)
			}
			s = setup(t, Config{Dir: dir, Throwaway: true})
			if got := query(t, s.URL(), "SELECT v FROM t"); got != "kept" {
				t.Errorf("after the recovery: %q", got)
			}
			stop(t, s)
		})
	}
}

// foreign starts a process of another kind under the server's user, in the cluster's directory, and of the server's name.
func foreign(t *testing.T, cluster string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sleep", "600")
	cmd.Dir = cluster
	cmd.SysProcAttr = chooseAccount(cluster).attributes()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return strconv.Itoa(cmd.Process.Pid)
}

// Two data directories lead to one cluster, as after a copy that kept the link: our lock does not see it, PostgreSQL's does.
func TestServerOfAnotherOnTheCluster(t *testing.T) {
	t.Parallel()
	if !orphansEnd {
		t.Skip("here a server without a parent on our cluster is stopped: it is one that we left")
	}
	dir, second := readyDir(t), openDir(t)
	s := setup(t, Config{Dir: dir, Throwaway: true})
	if err := os.Symlink(filepath.Join(dir, "pg"), filepath.Join(second, "pg")); err != nil {
		t.Fatal(err)
	}
	_, err := try(t, Config{Dir: second, patience: 200 * time.Millisecond, Throwaway: true})
	contains(t, err, "another PostgreSQL server (process "+strconv.Itoa(postmasterPID(t, dir))+")", "is using")
	query(t, s.URL(), "SELECT 'fine'")

	// One that ends meanwhile is waited for.
	pid := postmasterPID(t, dir)
	result := make(chan error)
	go func() {
		_, err := try(t, Config{Dir: second, Throwaway: true})
		result <- err
	}()
	if err := syscall.Kill(pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := <-result; err != nil {
		t.Errorf("after the other server's end: %v", err)
	}
}
