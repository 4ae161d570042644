package app_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"peneira/internal/access"
	"peneira/internal/api/openapi"
	"peneira/internal/app"
	"peneira/internal/app/apptest"
	"peneira/internal/config"
	"peneira/internal/postgres"
	"peneira/internal/postgres/pgtest"
)

// rowsOf returns each row of a query of a key and a text.
func rowsOf(t *testing.T, pool *pgxpool.Pool, sql string, args ...any) map[string]string {
	t.Helper()
	rows, err := pool.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	var key, text string
	if _, err := pgx.ForEachRow(rows, []any{&key, &text}, func() error {
		all[key] = text
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// load posts executions from several clients until stop is called, which waits for those under way.
func load(t *testing.T, c *apptest.Client, script string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for client := range 8 {
		clients.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				c.Accept(t, script, fmt.Sprintf(`{"client":%d,"i":%d,"text":"ação \u0000 %s"}`, client, i, strings.Repeat("x", i%500)))
			}
		})
	}
	return func() {
		cancel()
		clients.Wait()
	}
}

// A backup that is made while executions come and go holds everything that was committed when it began. After the database
// is lost, a service on the restored one has every row of it, and runs what had not run.
func TestBackupUnderLoadIsRestored(t *testing.T) {
	t.Parallel()
	first := apptest.Start(t)
	c := apptest.NewClient(t, first.URL)
	script := c.Host(t, busyFor(15))
	stopLoad := load(t, c, script)
	count(t, first.Pool, 50, `SELECT least(count(*), 50) FROM executions WHERE status = 'completed'`)
	var made openapi.Backup
	c.Do(t, http.MethodPost, "/api/backup/database", "").Decode(t, &made)
	// Some come after the dump, to tell it from the last state.
	count(t, first.Pool, 1, `SELECT least(count(*), 1) FROM executions WHERE created_at > (SELECT max(ended_at) FROM backups)`)
	stopLoad()
	count(t, first.Pool, 0, `SELECT count(*) FROM executions WHERE completed_at IS NULL`)
	const wholeRow = `SELECT id::text, e::text FROM executions e WHERE completed_at IS NOT NULL AND completed_at <= $1`
	const results = `SELECT id::text, concat_ws(' ', status, script_version, input_json, output_json) FROM executions`
	const scripts = `SELECT script_id::text || number, v::text FROM script_versions v`
	wantRows, wantResults, wantScripts := rowsOf(t, first.Pool, wholeRow, made.Timestamp), rowsOf(t, first.Pool, results), rowsOf(t, first.Pool, scripts)
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	first.Pool.Close()
	first.DropDatabase()

	restored := pgtest.EmptyURL(t)
	from, to, err := app.Restore(t.Context(), config.Config{DatabaseURL: restored}, filepath.Clean(made.BackupPath), false, slog.New(slog.DiscardHandler))
	if err != nil || from != to || from == 0 {
		t.Fatalf("restored from version %d to %d: %v", from, to, err)
	}
	pool, err := pgxpool.New(t.Context(), restored)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	// Before anything runs: every row that was final when the dump began is there, to the last byte.
	got := rowsOf(t, pool, wholeRow, made.Timestamp)
	if len(wantRows) < 50 {
		t.Fatalf("only %d executions had ended before the dump", len(wantRows))
	}
	for id, row := range wantRows {
		if got[id] != row {
			t.Fatalf("execution %s is %q, was %q", id, got[id], row)
		}
	}
	if len(got) != len(wantRows) {
		t.Errorf("%d executions had ended, there were %d", len(got), len(wantRows))
	}
	if gotScripts := rowsOf(t, pool, scripts); gotScripts[script+"1"] == "" || gotScripts[script+"1"] != wantScripts[script+"1"] {
		t.Errorf("scripts %v, want %v", gotScripts, wantScripts)
	}
	var waiting int
	if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM executions WHERE completed_at IS NULL`).Scan(&waiting); err != nil || waiting == 0 {
		t.Fatalf("no execution was under way in the dump: the test shows too little (%v)", err)
	}
	second := apptest.Start(t, func(cfg *config.Config) { cfg.DatabaseURL = restored })
	count(t, second.Pool, 0, `SELECT count(*) FROM executions WHERE completed_at IS NULL`)
	all := rowsOf(t, second.Pool, results)
	for id, row := range all {
		if row != wantResults[id] {
			t.Fatalf("execution %s is %q, was %q", id, row, wantResults[id])
		}
	}
	t.Logf("%d executions restored, of which %d had not ended; %d were accepted later", len(all), waiting, len(wantResults)-len(all))
}

// Who was shut out after a dump was made stays out when it is restored over the database.
func TestARestoreBringsNoRevokedKeyAndNoSessionBack(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t)
	revoked, token := service.MakeKey(t, []access.Scope{access.Admin})
	kept, _ := service.MakeKey(t, []access.Scope{access.Admin})
	if _, err := postgres.NewSessions(service.Pool).Begin(t.Context(), kept.ID, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	c := apptest.NewClient(t, service.URL)
	c.Key = token
	eventually(t, func() error { return usable(t, c) })
	var made openapi.Backup
	c.Do(t, http.MethodPost, "/api/backup/database", "").Decode(t, &made)
	if _, err := service.Pool.Exec(t.Context(), `UPDATE api_keys SET revoked_at = now() WHERE id = $1`, revoked.ID); err != nil {
		t.Fatal(err)
	}
	if err := service.Stop(); err != nil {
		t.Fatal(err)
	}
	service.Pool.Close() // it would be one of the service's connections
	var log apptest.Log
	if _, _, err := app.Restore(t.Context(), config.Config{DatabaseURL: service.DatabaseURL}, made.BackupPath, true,
		slog.New(slog.NewTextHandler(&log, nil))); err != nil {
		t.Fatal(err)
	}
	pool, err := pgxpool.New(t.Context(), service.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	count(t, pool, 0, `SELECT count(*) FROM sessions`)
	count(t, pool, 1, `SELECT count(*) FROM api_keys WHERE revoked_at IS NULL`)
	if !strings.Contains(log.String(), "keys=1") {
		t.Errorf("it says %s", log.String())
	}
}
