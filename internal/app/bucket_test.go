package app_test

import (
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"peneira/internal/api/openapi"
	"peneira/internal/app"
	"peneira/internal/app/apptest"
	"peneira/internal/backup/s3test"
	"peneira/internal/config"
	"peneira/internal/postgres/pgtest"
)

// The machine is lost, with its backups; what is in the bucket brings everything back.
func TestBackupInABucketIsRestored(t *testing.T) {
	t.Parallel()
	store := s3test.Start(t)
	var settings config.Config
	service := apptest.Start(t, func(cfg *config.Config) {
		cfg.Bucket = config.Bucket{
			BucketName: s3test.Bucket, BucketEndpoint: store.URL, BucketRegion: "us-east-1", BucketPrefix: "peneira",
			BucketAccessKey: s3test.AccessKey, BucketSecretKey: s3test.SecretKey,
		}
		settings = *cfg
	})
	c := apptest.NewClient(t, service.URL)
	c.Run(t, c.Host(t, double), `[1]`)
	var made openapi.Backup
	c.Do(t, http.MethodPost, "/api/backup/database", "").Decode(t, &made)
	if !strings.Contains(made.Message, "A copy is at s3://backups/peneira/") {
		t.Fatalf("%+v", made)
	}
	c.Do(t, http.MethodPost, "/api/backup/cleanup", "").Decode(t, &made)
	if !strings.Contains(made.Message, "In the bucket, 0 old copies are removed, 1 copy is kept.") {
		t.Errorf("%+v", made)
	}

	// A copy that fails is a backup that failed: the job, health and the metrics say so. The backup itself is there.
	store.Break(func(w http.ResponseWriter, _ *http.Request) bool {
		s3test.Refuse(w, http.StatusForbidden, "AccessDenied")
		return true
	})
	a := c.Do(t, http.MethodPost, "/api/backup/database", "")
	if a.Status != http.StatusServiceUnavailable || !strings.Contains(string(a.Body), "AccessDenied") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	becomes(t, c, "backup", openapi.Degraded, "failed")
	count(t, service.Pool, 1, `SELECT count(*) FROM river_job WHERE kind = 'backup' AND state = 'discarded' AND errors::text LIKE '%AccessDenied%'`)
	if metrics := string(c.Do(t, http.MethodGet, "/metrics", "").Body); !strings.Contains(metrics, `peneira_backups_total{action="database",result="failed"} 1`) {
		t.Error("the metrics tell of no failure")
	}
	if dumps, err := os.ReadDir(settings.BackupDir()); err != nil || len(dumps) != 2 {
		t.Errorf("%v (%v)", dumps, err)
	}
	store.Break(nil)
	if err := service.Stop(); err != nil {
		t.Fatal(err)
	}
	service.DropDatabase()
	if err := os.RemoveAll(settings.DataDir); err != nil {
		t.Fatal(err)
	}

	settings.DatabaseURL = pgtest.EmptyURL(t)
	if _, _, err := app.Restore(t.Context(), settings, "s3://backups/peneira/", false, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	pool, err := pgxpool.New(t.Context(), settings.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	count(t, pool, 1, `SELECT count(*) FROM executions WHERE status = 'completed' AND output_json::text = '[2]'`)
	if left, err := os.ReadDir(settings.BackupDir()); err != nil || len(left) > 0 {
		t.Errorf("what was fetched is left: %v (%v)", left, err)
	}
	if _, _, err := app.Restore(t.Context(), settings, "s3://", false, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "names no bucket") {
		t.Error(err)
	}
}
