//go:build unix

package app_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"peneira/internal/delivered"
	"peneira/internal/postgres"
	"peneira/internal/postgres/embedded"
)

// openEmbedded opens the embedded database of a running service.
func openEmbedded(t *testing.T, dir string) *pgxpool.Pool {
	t.Helper()
	address, running, err := embedded.Running(t.Context(), embedded.Config{Dir: dir})
	if err != nil || !running {
		t.Fatalf("the embedded database runs: %t (%v)", running, err)
	}
	pool, err := postgres.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// restoreCommand runs `peneira restore` as people do, and returns what it says.
func restoreCommand(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(delivered.Program(t), append([]string{"restore"}, args...)...)
	cmd.Env = append(os.Environ(), "DATABASE_URL=")
	said, err := cmd.CombinedOutput()
	return string(said), err
}

// The machine with the embedded database is lost; what is left is a dump. On a new one it is restored, and the service goes
// on where it was.
func TestEmbeddedDatabaseIsLostAndRestored(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	if err := os.Chmod(home, 0o755); err != nil { // as root the database runs as another user
		t.Fatal(err)
	}
	data := filepath.Join(home, "data")
	first := launch(t, "", "--data-dir="+data)
	script := first.host(busyFor(1))
	for i := range 30 {
		first.execute(script, i)
	}
	pool := openEmbedded(t, data)
	count(t, pool, 30, `SELECT count(*) FROM executions WHERE status = 'completed'`)
	const whole = `SELECT id::text, e::text FROM executions e`
	want := rowsOf(t, pool, whole)
	pool.Close()

	response, err := http.Post(first.url+"/api/backup/database", "", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	var made struct{ BackupPath string }
	if err != nil || json.Unmarshal(answer, &made) != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("backup: %s %s (%v)", response.Status, answer, err)
	}
	// A database in use is not restored into, force or not.
	if said, err := restoreCommand(t, made.BackupPath, "--data-dir="+data, "--force"); err == nil {
		t.Errorf("it restored into the database of a running service: %s", said)
	}
	if err := first.terminate(); err != nil {
		t.Fatal(err)
	}
	dump := filepath.Join(home, "kept.dump")
	if err := os.Rename(made.BackupPath, dump); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(data); err != nil {
		t.Fatal(err)
	}

	if said, err := restoreCommand(t, dump, "--data-dir="+data); err != nil || !strings.Contains(said, "start the service to go on") {
		t.Fatalf("restore: %v\n%s", err, said)
	}
	if said, err := restoreCommand(t, dump, "--data-dir="+data); err == nil || !strings.Contains(said, "--force") {
		t.Errorf("a second restore without --force: %v\n%s", err, said)
	}
	second := launch(t, "", "--data-dir="+data)
	restored := openEmbedded(t, data)
	got := rowsOf(t, restored, whole)
	for id, row := range want {
		if got[id] != row {
			t.Errorf("execution %s is %q, was %q", id, got[id], row)
		}
	}
	second.execute(script, 30)
	count(t, restored, 31, `SELECT count(*) FROM executions WHERE status = 'completed'`)
	if err := second.terminate(); err != nil {
		t.Error(err)
	}
}
