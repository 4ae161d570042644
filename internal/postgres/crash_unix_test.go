//go:build unix

package postgres_test

import (
	"context"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"github.com/google/uuid"

	"peneira/internal/execution"
	"peneira/internal/postgres"
	"peneira/internal/postgres/embedded"
)

// What was accepted is there after a crash of the database, though the statement that accepts does not wait for the disk. The
// server here writes nothing of its own accord for ten seconds.
func TestAcceptedSurvivesACrash(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "peneira-") //nolint:usetesting // t.TempDir is closed to other users
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	cfg := embedded.Config{Dir: dir, BinDir: os.Getenv("PG_BIN")}
	server, err := embedded.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := postgres.Migrate(t.Context(), server.URL()); err != nil {
		t.Fatal(err)
	}
	b := open(t, server.URL())
	b.exec(t, "ALTER SYSTEM SET wal_writer_delay = '10s'")
	b.exec(t, "SELECT pg_reload_conf()")
	hosted := b.host(t, "// 1")
	b.exec(t, "CHECKPOINT")

	var mu sync.Mutex
	var accepted []uuid.UUID
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for range 5 {
				e := b.accept(t, hosted, `1`)
				mu.Lock()
				accepted = append(accepted, e.ID)
				mu.Unlock()
			}
		})
	}
	clients.Wait()
	postmaster, err := strconv.Atoi(scan[string](t, b, `SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)`))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(postmaster, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-server.Done()
	_ = server.Stop(context.WithoutCancel(t.Context()))

	if server, err = embedded.Start(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop(context.WithoutCancel(t.Context())) })
	b = open(t, server.URL())
	for _, id := range accepted {
		if e, err := b.executions.Get(t.Context(), id); err != nil || e.Status != execution.Pending {
			t.Errorf("after the crash an accepted execution is %q, %v", e.Status, err)
		}
	}
	if jobs := scan[int](t, b, "SELECT count(*) FROM river_job WHERE kind = 'execution'"); jobs != len(accepted) {
		t.Errorf("%d of %d jobs are there", jobs, len(accepted))
	}
}
