package app_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"peneira/internal/app/apptest"
	"peneira/internal/config"
)

const everySixHours = "0 */6 * * *"

// A backup whose time came while nothing ran is made at the next start; one that is not due yet is not.
func TestMissedBackupIsMadeAtTheNextStart(t *testing.T) {
	t.Parallel()
	first := apptest.Start(t, func(cfg *config.Config) { cfg.BackupSchedule = everySixHours })
	count(t, first.Pool, 1, `SELECT count(*) FROM river_job WHERE kind = 'backup' AND args ->> 'if_missed' = 'true' AND state = 'completed'`)
	count(t, first.Pool, 0, `SELECT count(*) FROM backups WHERE action = 'database'`)
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Pool.Exec(t.Context(), `UPDATE backups SET began_at = now() - interval '7 hours'`); err != nil {
		t.Fatal(err)
	}
	second := apptest.Start(t, func(cfg *config.Config) { cfg.BackupSchedule, cfg.DatabaseURL = everySixHours, first.DatabaseURL })
	count(t, second.Pool, 1, `SELECT count(*) FROM backups WHERE action = 'database' AND ended_at IS NOT NULL AND error IS NULL AND bytes > 0`)
	var path string
	if err := second.Pool.QueryRow(t.Context(), `SELECT path FROM backups WHERE action = 'database'`).Scan(&path); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

// A backup that fails is a failed job, which River UI shows, a row that tells why, and a number in the metrics.
func TestFailedBackupShows(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t, func(cfg *config.Config) {
		if err := os.WriteFile(filepath.Join(cfg.DataDir, "backups"), nil, 0o600); err != nil { // where a directory should be
			t.Fatal(err)
		}
	})
	c := apptest.NewClient(t, service.URL)
	c.Do(t, http.MethodPost, "/api/backup/database", "").Problem(t, http.StatusServiceUnavailable, "backup-directory-unusable")
	count(t, service.Pool, 1, `SELECT count(*) FROM river_job WHERE kind = 'backup' AND state = 'discarded' AND errors[1] ->> 'error' LIKE '%backups cannot be used%'`)
	count(t, service.Pool, 1, `SELECT count(*) FROM backups WHERE action = 'database' AND error LIKE '%backups cannot be used%'`)
	var id int64
	if err := service.Pool.QueryRow(t.Context(), `SELECT id FROM river_job WHERE kind = 'backup' AND state = 'discarded'`).Scan(&id); err != nil {
		t.Fatal(err)
	}
	a := c.Do(t, http.MethodGet, fmt.Sprintf("/riverui/api/jobs/%d", id), "")
	if a.Status != http.StatusOK || !strings.Contains(string(a.Body), "backups cannot be used") {
		t.Errorf("River UI answers %d %.300s", a.Status, a.Body)
	}
	metrics := string(c.Do(t, http.MethodGet, "/metrics", "").Body)
	if !strings.Contains(metrics, `peneira_backups_total{action="database",result="failed"} 1`) {
		t.Error("the failed backup is not counted")
	}
}

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
