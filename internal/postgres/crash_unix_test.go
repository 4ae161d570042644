//go:build unix

package postgres_test

import (
	"context"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"peneira/internal/execution"
	"peneira/internal/postgres"
	"peneira/internal/postgres/embedded"
	"peneira/internal/script"
)

// What was acknowledged is there after a crash of the database, though the statement that accepts does not wait for the disk:
// whether it was accepted, confirmed, or ended in the meantime. The server here writes nothing of its own accord for ten seconds.
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
	accepted := map[uuid.UUID]execution.Status{}
	var clients sync.WaitGroup
	for client := range 5 {
		clients.Go(func() {
			for range 5 {
				id, status := b.acknowledge(t, hosted, client)
				mu.Lock()
				accepted[id] = status
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
	for id, status := range accepted {
		if e, err := b.executions.Get(t.Context(), id); err != nil || e.Status != status {
			t.Errorf("after the crash an execution that was %q is %q, %v", status, e.Status, err)
		}
	}
	if jobs := scan[int](t, b, "SELECT count(*) FROM river_job WHERE kind = 'execution'"); jobs != len(accepted) {
		t.Errorf("%d of %d jobs are there", jobs, len(accepted))
	}
}

// acknowledge has an execution accepted in one of the ways in which clients are told of it, and returns what they are told.
func (b bundle) acknowledge(t *testing.T, of script.Script, way int) (uuid.UUID, execution.Status) {
	t.Helper()
	id := uuid.Must(uuid.NewV7())
	request := execution.Request{ID: id, ScriptID: of.ID, Input: []byte(`1`), Waits: way > 1}
	if way == 4 {
		b.executions, _, _ = b.beginsHere(&execution.Early{Run: execution.Run{Begun: time.Now()}, Version: 1, Outcome: execution.Outcome{Output: []byte(`1`)}})
	}
	if _, err := b.executions.Accept(t.Context(), request); err != nil {
		t.Error(err)
	}
	switch way {
	case 2:
		if err := b.executions.Confirm(t.Context(), id); err != nil {
			t.Error(err)
		}
	case 3:
		b.finish(t, b.take(t, id), execution.Outcome{Output: []byte(`1`)})
		return id, execution.Completed
	case 4:
		return id, execution.Completed
	}
	return id, execution.Pending
}
