package app_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
