package cli

import (
	"context"
	"fmt"
	"log/slog"

	"peneira/internal/app"
	"peneira/internal/config"
	"peneira/internal/observe"
)

// restoreCommand is `peneira restore`.
type restoreCommand struct {
	File        string `arg:"" help:"The dump, such as .peneira/backups/peneira-20260101T000000.000Z.dump, or its copy in a bucket, such as s3://bucket/prefix/peneira-20260101T000000.000Z.dump; s3://bucket/prefix/ is the newest one there."`
	Force       bool   `name:"force" help:"Replace what is in the database. It is dropped once the dump is restored, not before."`
	DatabaseURL string `name:"database-url" env:"DATABASE_URL" help:"PostgreSQL to restore into. Unset: the embedded one under the data directory."`
	DataDir     string `name:"data-dir" env:"PENEIRA_DATA_DIR" default:"./.peneira" help:"Directory of the embedded database."`
	PGBin       string `name:"pg-bin" env:"PG_BIN" help:"Directory of PostgreSQL's programs. Unset: searched for."`
	PGDownload  string `name:"pg-download" env:"PENEIRA_PG_DOWNLOAD" help:"Where to download PostgreSQL from when none is installed."`

	config.Bucket `embed:""`
}

// Run implements the command.
func (c *restoreCommand) Run(ctx context.Context, p Process) error {
	cfg := config.Config{DatabaseURL: c.DatabaseURL, DataDir: c.DataDir, Bucket: c.Bucket, PGBin: c.PGBin, PGDownload: c.PGDownload}
	from, to, err := app.Restore(ctx, cfg, c.File, c.Force, observe.NewLogger(p.Stderr, slog.LevelWarn))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.Stdout, "restored %s (version %d of the schema, now %d); start the service to go on\n", c.File, from, to)
	return err
}
