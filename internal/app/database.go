package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"peneira/internal/failure"
	"peneira/internal/postgres"
	"peneira/internal/postgres/embedded"
)

// database is PostgreSQL, migrated and open; its server is ours when embedded.
type database struct {
	url     string
	pool    *pgxpool.Pool
	relaxed *pgxpool.Pool    // nil when this process does no work
	server  *embedded.Server // nil when DATABASE_URL names one
}

// databasePatience is how long a start waits for the database: a composed system starts everything at once.
const databasePatience = time.Minute

// embeddedStopTime bounds the stop of an embedded server, which writes what it has in memory.
const embeddedStopTime = 30 * time.Second

func (a *App) openDatabase(ctx context.Context) (_ *database, err error) {
	d, err := a.startDatabase(ctx)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			d.close(a.log)
		}
	}()
	if err := a.migrate(ctx, d.url); err != nil {
		return nil, err
	}
	if d.pool, err = postgres.Open(ctx, d.url); err != nil {
		return nil, err
	}
	if a.cfg.Role.Worker() {
		if d.relaxed, err = postgres.Relaxed(ctx, d.pool); err != nil {
			return nil, err
		}
	}
	a.makeReportRole(ctx, d.pool)
	return d, nil
}

// makeReportRole sees to the role that reports are made with. The service works without it, so it says what is missing and
// goes on.
func (a *App) makeReportRole(ctx context.Context, pool *pgxpool.Pool) {
	trouble, err := postgres.MakeReportRole(ctx, pool)
	switch {
	case err != nil:
		a.log.WarnContext(ctx, "cannot see to the role for reports", "error", err)
	case trouble != "":
		a.log.WarnContext(ctx, "reports with SQL have no role of their own", "trouble", trouble)
	}
}

// startDatabase starts the embedded server, unless the settings name a database. Nothing is opened or migrated yet.
func (a *App) startDatabase(ctx context.Context) (*database, error) {
	if a.cfg.DatabaseURL != "" {
		return &database{url: a.cfg.DatabaseURL}, nil
	}
	server, err := embedded.Start(ctx, embedded.Config{
		Dir: a.cfg.DataDir, BinDir: a.cfg.PGBin, DownloadURL: a.cfg.PGDownload, Logger: a.log.With("part", "embedded postgres"),
	})
	if err != nil {
		return nil, fmt.Errorf("start the embedded PostgreSQL: %w", err)
	}
	return &database{url: server.URL(), server: server}, nil
}

// migrate brings the schema up to date, waiting for a database that is still starting.
func (a *App) migrate(ctx context.Context, url string) error {
	return a.whenThere(ctx, "prepare the database", func() error {
		applied, err := postgres.Migrate(ctx, url)
		if err == nil {
			a.log.InfoContext(ctx, "database is up to date", "applied", applied)
		}
		return err
	})
}

// whenThere does what a start needs the database for. While the database is away, which it may be at any moment, it tries
// again, for no longer than databasePatience.
func (a *App) whenThere(ctx context.Context, what string, do func() error) error {
	deadline := time.Now().Add(databasePatience)
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		err := do()
		if err == nil {
			return nil
		}
		if failure.KindOf(err) != failure.Unavailable || time.Now().After(deadline) {
			return fmt.Errorf("%s: %w", what, err)
		}
		a.log.WarnContext(ctx, "waiting for the database", "error", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// binDir is where the programs of PostgreSQL are looked for first: where the settings say, else with our own server, so
// that a dump is made by a program of its version.
func (d *database) binDir(configured string) string {
	if configured == "" && d.server != nil {
		return d.server.BinDir()
	}
	return configured
}

// failTo stops the service when its own database server ends.
func (d *database) failTo(fail context.CancelCauseFunc) {
	if d.server == nil {
		return
	}
	go func() {
		<-d.server.Done()
		if err := d.server.Err(); err != nil {
			fail(fmt.Errorf("the embedded PostgreSQL ended: %w", err))
			return
		}
		fail(errors.New("the embedded PostgreSQL ended"))
	}()
}

func (d *database) close(log *slog.Logger) {
	for _, pool := range []*pgxpool.Pool{d.relaxed, d.pool} {
		if pool != nil {
			pool.Close()
		}
	}
	if d.server == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), embeddedStopTime)
	defer cancel()
	if err := d.server.Stop(ctx); err != nil {
		log.Warn("stop the embedded PostgreSQL", "error", err)
	}
}
