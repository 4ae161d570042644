// Package apptest runs the whole service in a test: real database, real queue, real sandboxes, on a port of its own.
package apptest

import (
	"bytes"
	"context"
	"sync"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/jackc/pgx/v5/pgxpool"

	"peneira/internal/app"
	"peneira/internal/config"
	"peneira/internal/delivered"
	"peneira/internal/postgres"
	"peneira/internal/postgres/pgtest"
)

// App is a running service.
type App struct {
	URL         string // of the service, without a slash at the end
	DatabaseURL string
	Pool        *pgxpool.Pool // for looking behind the API
	Log         *Log          // what the service logged

	t    testing.TB
	stop func() error
}

// Start runs a service with a database of its own until the test ends. change, if given, changes its settings first.
func Start(t testing.TB, change ...func(*config.Config)) *App {
	t.Helper()
	a := &App{t: t, DatabaseURL: pgtest.URL(t), Log: &Log{}}
	cfg := Settings(t)
	cfg.DatabaseURL = a.DatabaseURL
	for _, c := range change {
		c(&cfg)
	}
	a.DatabaseURL = cfg.DatabaseURL
	log, closeLog, err := app.OpenLog(cfg, a.Log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closeLog)
	service, err := app.New(cfg, app.Options{Version: "test", Logger: log, Sandbox: delivered.Sandbox(t)})
	if err != nil {
		t.Fatal(err)
	}
	a.URL = service.URL()
	if a.Pool, err = postgres.Open(t.Context(), a.DatabaseURL); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- service.Run(ctx) }()
	a.stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() {
		a.Pool.Close()
		if err := a.Stop(); err != nil {
			t.Errorf("the service stopped with: %v", err)
		}
		if t.Failed() {
			t.Logf("the service logged:\n%s", a.Log)
		}
	})
	select {
	case <-service.Up():
	case err := <-ended:
		ended <- err
		t.Fatalf("the service did not start: %v\n%s", err, a.Log)
	}
	return a
}

// Stop stops the service in good order, as SIGTERM does, and returns what it returned. It may be called again.
func (a *App) Stop() error { return a.stop() }

// StopDatabase takes the service's database away: connections are closed and no new ones are let in.
func (a *App) StopDatabase() {
	a.t.Helper()
	a.admin(`ALTER DATABASE %s ALLOW_CONNECTIONS false`)
	a.admin(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s' AND pid <> pg_backend_pid()`)
}

// StartDatabase gives the database back.
func (a *App) StartDatabase() {
	a.t.Helper()
	a.admin(`ALTER DATABASE %s ALLOW_CONNECTIONS true`)
}

// DropDatabase loses the service's database, with all that is in it.
func (a *App) DropDatabase() {
	a.t.Helper()
	a.admin(`DROP DATABASE %s WITH (FORCE)`)
}

// Settings returns the defaults, for a service on a free port with a data directory of its own and no periodic backups.
func Settings(t testing.TB) config.Config {
	t.Helper()
	var cfg config.Config
	parser, err := kong.New(&cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse([]string{"--listen=127.0.0.1:0", "--backup-schedule=off", "--data-dir=" + t.TempDir()}); err != nil {
		t.Fatal(err)
	}
	return cfg
}

// Log collects what a service logs. It may be written and read at once.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String returns everything logged so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
