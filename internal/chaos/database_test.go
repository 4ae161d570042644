//go:build unix

package chaos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"peneira/internal/postgres"
	"peneira/internal/postgres/embedded"
)

// database is a PostgreSQL server of the test's own, durable, on a volume of its own if the machine allows one.
type database struct {
	dir, url string
	volume   bool // whether dir is a volume of its own, which can be filled

	mu     sync.Mutex
	server *embedded.Server
}

// volumeBytes is the size of the volume: what the longest form needs several times over.
const volumeBytes = 1 << 30

func startDatabase(t *testing.T) *database {
	t.Helper()
	sweep(os.TempDir())
	//nolint:usetesting // a test's own directory is closed to the server's user
	dir, err := os.MkdirTemp("", dirPrefix+strconv.Itoa(os.Getpid())+"-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	d := &database{dir: dir}
	if err := mountVolume(dir); err != nil {
		fmt.Fprintf(os.Stdout, "the disk cannot be filled here, since it is not the database's own: %v\n", err)
	} else {
		d.volume = true
		t.Cleanup(func() { unmountVolume(dir) })
	}
	// As root the server runs as another user, who must pass through.
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := d.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.stop(time.Second) })
	d.url = d.server.URL()
	if _, err := postgres.Migrate(t.Context(), d.url); err != nil {
		t.Fatal(err)
	}
	// The log of changes must fit on the volume many times.
	d.exec(t, `ALTER SYSTEM SET max_wal_size = '128MB'`)
	d.exec(t, `ALTER SYSTEM SET checkpoint_timeout = '30s'`)
	d.exec(t, `SELECT pg_reload_conf()`)
	d.exec(t, lateChanges)
	return d
}

// dirPrefix begins the names of the databases' directories; the id of the process that made one follows.
const dirPrefix = "peneira-chaos-"

// sweep takes the volumes away that runs left which were killed, and their directories: they hold memory of the machine.
func sweep(parent string) {
	leftovers, _ := filepath.Glob(filepath.Join(parent, dirPrefix+"*-*"))
	for _, dir := range leftovers {
		owner, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), dirPrefix), "-")
		pid, err := strconv.Atoi(owner)
		if err != nil || !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			continue
		}
		unmountVolume(dir)
		_ = os.RemoveAll(dir) // another user's stays
	}
}

// lateChanges records every change of an execution after its end, of which there must be none.
const lateChanges = `
	CREATE TABLE late_changes (id UUID, was TEXT, is_now TEXT);
	CREATE FUNCTION record_late_change() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN INSERT INTO late_changes VALUES (OLD.id, OLD::text, NEW::text); RETURN NULL; END $$;
	CREATE TRIGGER record_late_change AFTER UPDATE OR DELETE ON executions FOR EACH ROW
		WHEN (OLD.status NOT IN ('pending', 'running')) EXECUTE FUNCTION record_late_change()`

func (d *database) start(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	server, err := embedded.Start(ctx, embedded.Config{Dir: d.dir, BinDir: os.Getenv("PG_BIN")})
	if err != nil {
		return err
	}
	d.server = server
	return nil
}

// stop stops the server: fast if it has the patience, and immediately without.
func (d *database) stop(patience time.Duration) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if patience == 0 {
		cancel()
	}
	return d.server.Stop(ctx)
}

// crash kills all processes of the server with -9 at the given moment, so that what of the log was not written yet, and lies in
// the memory that they share, is lost. It returns when all are gone.
func (d *database) crash(ctx context.Context, moment func()) error {
	pids, err := d.processes(ctx)
	if err != nil {
		return err
	}
	postmaster, children := pids[0], pids[1:]
	moment()
	// What it starts from now on would not be killed, and wait for ever for what the killed ones hold.
	_ = syscall.Kill(postmaster, syscall.SIGSTOP)
	kill(children...)
	for !stopped(postmaster) && ctx.Err() == nil {
		runtime.Gosched()
	}
	kill(childrenOf(postmaster)...)
	kill(postmaster)
	return d.stop(0)
}

// ended reports whether the server has ended, by itself or not.
func (d *database) ended() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	select {
	case <-d.server.Done():
		return true
	default:
		return false
	}
}

// exec runs one statement on a connection of its own.
func (d *database) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if err := d.try(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func (d *database) try(ctx context.Context, sql string, args ...any) error {
	conn, err := pgx.Connect(ctx, d.url)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, sql, args...)
	return errors.Join(err, conn.Close(ctx))
}

// query reads one number on a connection of its own.
func (d *database) query(ctx context.Context, sql string, args ...any) (n int, err error) {
	conn, err := pgx.Connect(ctx, d.url)
	if err != nil {
		return 0, err
	}
	err = conn.QueryRow(ctx, sql, args...).Scan(&n)
	return n, errors.Join(err, conn.Close(ctx))
}

// stored returns the id of every execution by the nonce in its input.
func (d *database) stored(ctx context.Context) (map[string]string, error) {
	conn, err := pgx.Connect(ctx, d.url)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(ctx) }()
	rows, err := conn.Query(ctx, `SELECT input_json ->> 'nonce', id::text FROM executions`)
	if err != nil {
		return nil, err
	}
	ids := map[string]string{}
	var nonce, id string
	_, err = pgx.ForEachRow(rows, []any{&nonce, &id}, func() error {
		ids[nonce] = id
		return nil
	})
	return ids, err
}

// processes returns the ids of the server's processes, the parent of all first.
func (d *database) processes(ctx context.Context) ([]int, error) {
	conn, err := pgx.Connect(ctx, d.url)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(ctx) }()
	var cluster string
	if err := conn.QueryRow(ctx, `SHOW data_directory`).Scan(&cluster); err != nil {
		return nil, err
	}
	lock, err := os.ReadFile(filepath.Join(cluster, "postmaster.pid"))
	if err != nil {
		return nil, err
	}
	first, _, _ := strings.Cut(string(lock), "\n")
	postmaster, err := strconv.Atoi(first)
	if err != nil {
		return nil, err
	}
	return append([]int{postmaster}, childrenOf(postmaster)...), nil
}

// freeze stops all processes of the server for a while, which then go on as if nothing had been.
func (d *database) freeze(ctx context.Context, while time.Duration) error {
	pids, err := d.processes(ctx)
	if err != nil {
		return err
	}
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGSTOP) // one that has ended meanwhile needs no stopping
	}
	time.Sleep(while) //nolint:forbidigo // the fault is the time itself
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGCONT)
	}
	return nil
}

// fill leaves no room on the volume until it is emptied.
func (d *database) fill() (empty func() error, err error) {
	name := filepath.Join(d.dir, "ballast")
	ballast, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	block := make([]byte, 1<<20)
	for len(block) > 0 {
		if _, err = ballast.Write(block); err != nil {
			block = block[:len(block)/2]
		}
	}
	if err = ballast.Close(); err != nil && !errors.Is(err, syscall.ENOSPC) {
		return nil, err
	}
	return func() error { return os.Remove(name) }, nil
}

// kill kills processes with -9; one that has ended meanwhile needs no killing.
func kill(pids ...int) {
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// stopped reports whether a process that was sent a SIGSTOP has stopped, or is gone: what it does in the kernel, such as a fork, it
// does to the end.
func stopped(pid int) bool {
	fields, err := statOf(strconv.Itoa(pid))
	return err != nil || fields[0] == "T" || fields[0] == "Z"
}

// statOf returns the fields of a process's stat from its state on: that and its parent.
func statOf(pid string) ([]string, error) {
	stat, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	if err != nil {
		return nil, err
	}
	// The name of the program is in parentheses and may hold anything.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 2 {
		return nil, errors.New("it is cut")
	}
	return fields, nil
}

// childrenOf returns the ids of a process's children.
func childrenOf(parent int) []int {
	var children []int
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if fields, err := statOf(entry.Name()); err == nil && fields[1] == strconv.Itoa(parent) {
			children = append(children, pid)
		}
	}
	return children
}
