package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"peneira/internal/postgres"
	"peneira/internal/postgres/embedded"
)

// databaseFlags say which database a command works on: the same as serve with the same settings.
type databaseFlags struct {
	DatabaseURL string `name:"database-url" env:"DATABASE_URL" help:"PostgreSQL to use. Unset: the embedded one under the data directory."`
	DataDir     string `name:"data-dir" env:"PENEIRA_DATA_DIR" default:"./.peneira" help:"Directory of the embedded database."`
	PGBin       string `name:"pg-bin" env:"PG_BIN" help:"Directory of PostgreSQL's programs. Unset: searched for."`
	PGDownload  string `name:"pg-download" env:"PENEIRA_PG_DOWNLOAD" help:"Where to download PostgreSQL from when none is installed."`
}

// embeddedStopTime bounds the stop of an embedded server.
const embeddedStopTime = 30 * time.Second

// with calls do with the address of the database, brought up to date. An embedded one that a running server has is used with
// it; one that nobody runs is started for this command alone.
func (f databaseFlags) with(ctx context.Context, p Process, do func(url string) error) (err error) {
	url := f.DatabaseURL
	if url == "" {
		cfg := embedded.Config{
			Dir: f.DataDir, BinDir: f.PGBin, DownloadURL: f.PGDownload,
			Logger: slog.New(slog.NewTextHandler(p.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		}
		running, ok, err := embedded.Running(ctx, cfg)
		if err != nil {
			return fmt.Errorf("find the embedded PostgreSQL: %w", err)
		}
		if url = running; !ok {
			server, err := embedded.Start(ctx, cfg)
			if err != nil {
				return fmt.Errorf("start the embedded PostgreSQL: %w", err)
			}
			defer func() {
				stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), embeddedStopTime)
				defer cancel()
				err = errors.Join(err, server.Stop(stopping))
			}()
			url = server.URL()
		}
	}
	if _, err := postgres.Migrate(ctx, url); err != nil {
		return err
	}
	return do(url)
}
