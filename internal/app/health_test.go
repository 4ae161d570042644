package app_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"peneira/internal/api/openapi"
	"peneira/internal/app/apptest"
	"peneira/internal/config"
)

// part asks for the health of one part.
func part(t *testing.T, c *apptest.Client, name string) openapi.HealthPart {
	t.Helper()
	var health openapi.Health
	c.Do(t, http.MethodGet, "/health", "", "Accept", "application/json").Decode(t, &health)
	for _, p := range health.Parts {
		if p.Name == name {
			if p.CheckedAt.IsZero() {
				t.Errorf("%s: no time", name)
			}
			return p
		}
	}
	t.Fatalf("there is no part %s: %+v", name, health)
	return openapi.HealthPart{}
}

// becomes waits until a part has a status and its detail a text: what is looked at serves probes for a moment.
func becomes(t *testing.T, c *apptest.Client, name string, status openapi.HealthStatus, text string) {
	t.Helper()
	eventually(t, func() error {
		p := part(t, c, name)
		if p.Status != status || !strings.Contains(p.Detail, text) {
			return fmt.Errorf("%s is %s: %s; want %s: %s", name, p.Status, p.Detail, status, text)
		}
		return nil
	})
}

func sql(t *testing.T, a *apptest.App, statement string) {
	t.Helper()
	if _, err := a.Pool.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// Each part is broken and mended, and says so.
func TestHealthOfEachPart(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t)
	c := apptest.NewClient(t, service.URL)
	for _, name := range []string{"database", "migrations", "queue", "workers", "backup", "disk", "service"} {
		becomes(t, c, name, openapi.Ok, "")
	}

	sql(t, service, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`)
	becomes(t, c, "migrations", openapi.Degraded, "99999")
	c.Do(t, http.MethodGet, "/readyz", "") // an older program goes on beside a newer one
	sql(t, service, `DELETE FROM goose_db_version WHERE version_id = 99999`)
	becomes(t, c, "migrations", openapi.Ok, "")
	if a := c.Do(t, http.MethodGet, "/readyz", ""); a.Status != http.StatusOK {
		t.Errorf("/readyz: %d", a.Status)
	}

	sql(t, service, `UPDATE goose_db_version SET is_applied = false WHERE version_id >= 35`)
	becomes(t, c, "migrations", openapi.Down, "run peneira migrate")
	becomes(t, c, "database", openapi.Down, "older")
	if a := c.Do(t, http.MethodGet, "/readyz", ""); a.Status != http.StatusServiceUnavailable {
		t.Errorf("/readyz: %d", a.Status)
	}
	sql(t, service, `UPDATE goose_db_version SET is_applied = true`)
	becomes(t, c, "migrations", openapi.Ok, "")

	// A job that nobody takes, since its queue is paused, and whose time was long ago.
	script := c.Host(t, double)
	sql(t, service, `UPDATE river_queue SET paused_at = now() WHERE name = 'executions'; SELECT pg_notify('public.river_control', '{"action":"pause","queue":"executions"}')`)
	c.Accept(t, script, `[1]`)
	sql(t, service, `UPDATE river_job SET scheduled_at = now() - interval '10 minutes' WHERE kind = 'execution' AND state = 'available'`)
	becomes(t, c, "queue", openapi.Degraded, "the oldest has waited for 10m")
	sql(t, service, `UPDATE river_queue SET paused_at = NULL; SELECT pg_notify('public.river_control', '{"action":"resume","queue":"executions"}')`)
	becomes(t, c, "queue", openapi.Ok, "0 waiting")

	service.StopDatabase()
	becomes(t, c, "database", openapi.Down, "does not answer")
	for _, name := range []string{"migrations", "queue", "workers", "backup"} {
		becomes(t, c, name, openapi.Degraded, "not known")
	}
	service.StartDatabase()
	becomes(t, c, "database", openapi.Ok, "")
	becomes(t, c, "workers", openapi.Ok, "1 worker process")
}

func TestHealthWithoutWorkers(t *testing.T) {
	t.Parallel()
	api := apptest.Start(t, func(cfg *config.Config) { cfg.Role = config.RoleAPI })
	c := apptest.NewClient(t, api.URL)
	becomes(t, c, "workers", openapi.Degraded, "no worker is alive")
	worker := apptest.Start(t, func(cfg *config.Config) { cfg.Role, cfg.DatabaseURL = config.RoleWorker, api.DatabaseURL })
	becomes(t, c, "workers", openapi.Ok, "1 worker process")
	if err := worker.Stop(); err != nil {
		t.Fatal(err)
	}
	becomes(t, c, "workers", openapi.Degraded, "no worker is alive")
}

func TestHealthOfDisk(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t, func(cfg *config.Config) { cfg.DiskFree = config.GiB << 20 })
	becomes(t, apptest.NewClient(t, service.URL), "disk", openapi.Degraded, "less than")
}

func TestHealthOfBackups(t *testing.T) {
	t.Parallel()
	var dir string
	service := apptest.Start(t, func(cfg *config.Config) { cfg.BackupSchedule, dir = everySixHours, cfg.DataDir })
	c := apptest.NewClient(t, service.URL)
	becomes(t, c, "backup", openapi.Ok, "none yet")
	blocked := filepath.Join(dir, "backups")
	_ = os.RemoveAll(blocked)
	if err := os.WriteFile(blocked, nil, 0o600); err != nil { // where a directory should be
		t.Fatal(err)
	}
	c.Do(t, http.MethodPost, "/api/backup/database", "")
	becomes(t, c, "backup", openapi.Degraded, "failed")
	if err := os.Remove(blocked); err != nil {
		t.Fatal(err)
	}
	c.Do(t, http.MethodPost, "/api/backup/database", "")
	becomes(t, c, "backup", openapi.Ok, "the last good one began at")
	sql(t, service, `UPDATE backups SET began_at = began_at - interval '8 hours'`)
	becomes(t, c, "backup", openapi.Degraded, "late")
}
