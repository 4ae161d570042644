//go:build unix

package app_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
)

// holdUp keeps backups of a database from ending until what it returns is called.
func holdUp(t *testing.T, pool *pgxpool.Pool) (goOn func()) {
	t.Helper()
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	if _, err := pool.Exec(t.Context(), `CREATE TABLE locked ()`); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `LOCK TABLE locked IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

const backupRuns = `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'peneira backup' AND wait_event_type = 'Lock'`

// Who asked for a backup is answered when another process has made it, because the first one died.
func TestBackupIsTakenOver(t *testing.T) {
	t.Parallel()
	url, pool := open(t)
	goOn := holdUp(t, pool)
	api, doomed := launch(t, url, "--role=api"), launch(t, url, "--role=worker")
	answered := api.askForBackup()
	count(t, pool, 1, backupRuns)
	doomed.kill()
	launch(t, url, "--role=worker")
	count(t, pool, 1, `SELECT count(*) FROM river_job WHERE kind = 'backup' AND state = 'running' AND metadata ->> 'handed_on' = '1'`)
	goOn()
	if a := <-answered; a.status != http.StatusOK || a.BackupPath == "" {
		t.Errorf("answered %+v", a)
	}
}

// A stop hands a backup back that does not end in time.
func TestStopHandsABackupBack(t *testing.T) {
	t.Parallel()
	url, pool := open(t)
	holdUp(t, pool)
	only := launch(t, url, "--shutdown-time=0s")
	only.askForBackup()
	count(t, pool, 1, backupRuns)
	if err := only.terminate(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	count(t, pool, 1, `SELECT count(*) FROM river_job WHERE kind = 'backup' AND state = 'available' AND errors IS NULL`)
}

// However many backups wait for one another, upkeep goes on.
func TestBackupsDoNotHoldUpkeepUp(t *testing.T) {
	t.Parallel()
	url, pool := open(t)
	goOn := holdUp(t, pool)
	only := launch(t, url)
	count(t, pool, 1, `SELECT count(*) FROM river_job WHERE kind = 'upkeep' AND state = 'completed'`)
	answers := []<-chan backupAnswer{only.askForBackup(), only.askForBackup(), only.askForBackup()}
	count(t, pool, 3, `SELECT count(*) FROM river_job WHERE kind = 'backup'`)
	count(t, pool, 1, backupRuns)
	if _, err := pool.Exec(t.Context(), `INSERT INTO river_job (args, kind, max_attempts, queue) VALUES ('{}', 'upkeep', 3, 'maintenance')`); err != nil {
		t.Fatal(err)
	}
	count(t, pool, 2, `SELECT count(*) FROM river_job WHERE kind = 'upkeep' AND state = 'completed'`)
	goOn()
	for _, answered := range answers {
		if a := <-answered; a.status != http.StatusOK {
			t.Errorf("answered %+v", a)
		}
	}
}
