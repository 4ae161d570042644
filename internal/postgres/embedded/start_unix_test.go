//go:build unix

package embedded

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"peneira/internal/postgres/binaries"
)

func TestStartKeepsData(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openDir(t), "made", "on the way")
	s := setup(t, Config{Dir: dir})
	query(t, s.URL(), "CREATE TABLE t AS SELECT 'kept' AS v")
	stop(t, s)

	s = setup(t, Config{Dir: dir})
	if got := query(t, s.URL(), "SELECT v FROM t"); got != "kept" {
		t.Errorf("the second start sees %q", got)
	}
	if !s.installation().Has(binaries.InitDB, binaries.Postgres) {
		t.Errorf("BinDir() = %s, which lacks the programs", s.BinDir())
	}
}

func (s *Server) installation() binaries.Installation {
	return binaries.Installation{BinDir: s.BinDir()}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	s := setup(t, Config{Dir: openDir(t)})
	for setting, want := range map[string]string{
		"SHOW listen_addresses":        "",
		"SHOW data_checksums":          "on",
		"SHOW fsync":                   "on",
		"SHOW synchronous_commit":      "on",
		"SHOW full_page_writes":        "on",
		"SHOW server_encoding":         "UTF8",
		"SHOW timezone":                "UTC",
		"SHOW max_connections":         "200",
		"SHOW log_min_error_statement": "panic",
		"SELECT current_user::text":    User,
		"SELECT current_database()":    Database,
		"SELECT upper('ção')":          "ÇÃO",
		"SELECT datcollate FROM pg_database WHERE datname = current_database()":                                                         "C",
		"SELECT string_agg(type || ' ' || auth_method, ', ' ORDER BY line_number) FROM pg_hba_file_rules WHERE auth_method <> 'reject'": "local trust, local trust",
	} {
		if got := query(t, s.URL(), setting); got != want {
			t.Errorf("%s = %q, want %q", setting, got, want)
		}
	}
}

// A path may hold whatever a file name may: the address must survive URL, libpq and PostgreSQL's own list syntax.
func TestHostilePaths(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		`with space, it's "quoted", and a comma`, `ação 50%25 plus+ #hash?&= back\slash $HOME $(x)`, "new\nline", strings.Repeat("long", 30),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(openDir(t), name)
			fillDir(t, dir)
			s := setup(t, Config{Dir: dir, Throwaway: true})
			if got := query(t, s.URL(), "SELECT 'answer'"); got != "answer" {
				t.Errorf("pgx reads %q", got)
			}
			psql := s.installation().Path("psql")
			if _, err := os.Stat(psql); err != nil {
				t.Skipf("psql is not installed: %v", err)
			}
			out, err := exec.CommandContext(t.Context(), psql, "-XAt", "-c", "SELECT 'answer'", s.URL()).CombinedOutput()
			if err != nil || strings.TrimSpace(string(out)) != "answer" {
				t.Errorf("psql says %q (%v)", out, err)
			}
		})
	}
}

func TestLongPathLeavesNoSocketBehind(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openDir(t), strings.Repeat("long", 30))
	fillDir(t, dir)
	s := setup(t, Config{Dir: dir, Throwaway: true})
	socket := query(t, s.URL(), "SHOW unix_socket_directories")
	info, err := os.Stat(strings.Trim(socket, `"`))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Fatalf("the socket's directory: %v, %v", info, err)
	}
	stop(t, s)
	if _, err := os.Stat(strings.Trim(socket, `"`)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket's directory is still there: %v", err)
	}
}

// In /tmp another user may have put a directory of the name that we are going to use, to read our socket's traffic.
func TestSocketDirOfAnother(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	if ours(filepath.Join(dir, "none"), os.Geteuid()) {
		t.Error("what is not there counts as ours")
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if ours(link, os.Geteuid()) {
		t.Error("a link counts as ours")
	}
	if !ours(dir, os.Geteuid()) {
		t.Error("our own directory does not count as ours")
	}
	if os.Geteuid() != 0 && ours("/etc", os.Geteuid()) {
		t.Error("root's directory counts as ours")
	}
}

func TestSocketIsClosed(t *testing.T) {
	t.Parallel()
	dir := readyDir(t)
	s := setup(t, Config{Dir: dir, Throwaway: true})
	info, err := os.Stat(filepath.Join(dir, "run"))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the socket's directory: %v, %v", info, err)
	}
	if os.Geteuid() != 0 {
		return // it takes root to be somebody else
	}
	cmd := exec.CommandContext(t.Context(), s.installation().Path("psql"), "-c", "SELECT 1", s.URL())
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 12345, Gid: 12345, Groups: []uint32{}}}
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "Permission denied") {
		t.Errorf("another user gets %q (%v)", out, err)
	}
}

func TestSecondStartOnOneDir(t *testing.T) {
	t.Parallel()
	dir := readyDir(t)
	s := setup(t, Config{Dir: dir, Throwaway: true})
	began := time.Now()
	_, err := try(t, Config{Dir: dir, Throwaway: true})
	contains(t, err, "another peneira", "is using "+dir, "process ")
	if took := time.Since(began); took > time.Second {
		t.Errorf("the refusal took %s", took)
	}
	// The refused start left the first one alone.
	query(t, s.URL(), "SELECT 'fine'")
	stop(t, s)
	setup(t, Config{Dir: dir, Throwaway: true})
}

func TestStopIsIdempotent(t *testing.T) {
	t.Parallel()
	dir := readyDir(t)
	s := setup(t, Config{Dir: dir, Throwaway: true})
	pid := postmasterPID(t, dir)
	if group, err := syscall.Getpgid(pid); err != nil || group != pid {
		t.Errorf("the server %d is in the process group %d, where a terminal's ^C would reach it (%v)", pid, group, err)
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() { stop(t, s) })
	}
	group.Wait()
	stop(t, s)
	select {
	case <-s.Done():
	default:
		t.Error("Done is open after Stop")
	}
	if err := s.Err(); err != nil {
		t.Errorf("Err after Stop: %v", err)
	}
	if syscall.Kill(pid, 0) == nil {
		t.Error("the server is still there")
	}
	if status, err := readStatus(filepath.Join(dir, "pg")); err != nil || !status.none {
		t.Errorf("the lock file after a clean stop: %+v, %v", status, err)
	}
}

// A session in a transaction does not hold up the stop, and an ended context has the server end at once.
func TestStopAtOnce(t *testing.T) {
	t.Parallel()
	dir := readyDir(t)
	s := setup(t, Config{Dir: dir})
	query(t, s.URL(), "CREATE TABLE t AS SELECT 'kept' AS v")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	s = setup(t, Config{Dir: dir})
	if got := query(t, s.URL(), "SELECT v FROM t"); got != "kept" {
		t.Errorf("after the recovery: %q", got)
	}
}

func TestServerDies(t *testing.T) {
	t.Parallel()
	dir := readyDir(t)
	s := setup(t, Config{Dir: dir, Throwaway: true})
	if err := s.Err(); err != nil {
		t.Fatalf("Err while it runs: %v", err)
	}
	if err := syscall.Kill(postmasterPID(t, dir), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {
	case <-s.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("Done stays open")
	}
	contains(t, s.Err(), "ended by itself", "killed", "postgres.log", "ready to accept connections")
	stop(t, s)
	setup(t, Config{Dir: dir, Throwaway: true})
}

func TestFailureTellsTheLog(t *testing.T) {
	t.Parallel()
	dir := readyDir(t)
	stop(t, setup(t, Config{Dir: dir}))
	conf, err := os.OpenFile(filepath.Join(dir, "pg", "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conf.WriteString("\nno_such_setting = 1\n"); err != nil {
		t.Fatal(err)
	}
	if err := conf.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = try(t, Config{Dir: dir})
	contains(t, err, "the server ended (exit status 1)", filepath.Join(dir, "logs", "postgres.log"), "no_such_setting")
	if strings.Contains(err.Error(), "ready to accept") {
		t.Errorf("the error holds messages of an earlier run: %v", err)
	}
}

func TestWrongDirs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(t *testing.T, dir string)
		want    []string
	}{
		"another version": {func(t *testing.T, dir string) {
			t.Helper()
			makeCluster(t, dir, "12\n")
		}, []string{"no suitable PostgreSQL is installed", "version 12 wanted", "made by PostgreSQL 12", "PG_BIN"}},
		"a broken version": {func(t *testing.T, dir string) {
			t.Helper()
			makeCluster(t, dir, "twelve")
		}, []string{"not a database of PostgreSQL", "PG_VERSION"}},
		"foreign files": {func(t *testing.T, dir string) {
			t.Helper()
			makeCluster(t, dir, "")
			write(t, filepath.Join(dir, "pg", "letter.txt"), "dear")
		}, []string{"holds files but no database", "move it away"}},
		"a lost link": {func(t *testing.T, dir string) {
			t.Helper()
			if err := os.Symlink("/nowhere/at/all/pg", filepath.Join(dir, "pg")); err != nil {
				t.Fatal(err)
			}
		}, []string{"is gone", "remove the link"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := openDir(t)
			c.prepare(t, dir)
			_, err := try(t, Config{Dir: dir, Throwaway: true})
			contains(t, err, c.want...)
		})
	}
	_, err := try(t, Config{})
	contains(t, err, "needs a directory")
}

// makeCluster makes the beginning of a cluster.
func makeCluster(t *testing.T, dir, version string) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(dir, "pg"), 0o700); err != nil {
		t.Fatal(err)
	}
	if version != "" {
		write(t, filepath.Join(dir, "pg", "PG_VERSION"), version)
	}
}

func TestCancelledStart(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	called := errors.New("called off")
	began := make(chan struct{})
	result := make(chan error)
	go func() {
		close(began)
		s, err := Start(ctx, Config{Dir: dir})
		if err == nil {
			stop(t, s)
		}
		result <- err
	}()
	<-began
	await(t, "initdb to be at work", func() bool {
		found, _ := filepath.Glob(filepath.Join(dir, "pg.init-*", "PG_VERSION"))
		return len(found) > 0
	})
	cancel(called)
	if err := <-result; !errors.Is(err, called) {
		t.Errorf("the error is %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "pg*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	setup(t, Config{Dir: dir})
}

func TestLogIsBounded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(openDir(t), "logs", "postgres.log")
	log, err := openLog(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := log.file.Truncate(maxLogBytes); err != nil {
		t.Fatal(err)
	}
	log.write([]byte("the end\n"))
	log.close()
	log, err = openLog(path)
	if err != nil {
		t.Fatal(err)
	}
	defer log.close()
	if got := log.tail(); got != "" {
		t.Errorf("the new log's tail is %q", got)
	}
	older, err := os.ReadFile(path + ".1")
	if err != nil || len(older) != maxLogBytes || !strings.HasSuffix(string(older), "the end\n") {
		t.Errorf("the older log has %d bytes (%v)", len(older), err)
	}
}

func BenchmarkFirstStart(b *testing.B) {
	for b.Loop() {
		dir := b.TempDir()
		if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
			b.Fatal(err)
		}
		s := setup(b, Config{Dir: dir})
		b.StopTimer()
		stop(b, s)
		b.StartTimer()
	}
}

func BenchmarkWarmStart(b *testing.B) {
	dir := b.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		b.Fatal(err)
	}
	stop(b, setup(b, Config{Dir: dir}))
	for b.Loop() {
		s := setup(b, Config{Dir: dir})
		b.StopTimer()
		stop(b, s)
		b.StartTimer()
	}
}
