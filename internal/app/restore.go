package app

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"peneira/internal/backup"
	"peneira/internal/config"
	"peneira/internal/postgres"
)

// Restore brings a dump back into the database that the settings name, or else into the embedded one, and the schema up to
// date. The dump is a file, or a copy in a bucket, such as s3://bucket/object. It needs DatabaseURL, DataDir, Bucket, PGBin and
// PGDownload of the settings. It returns the versions of the schema that the
// dump had and that the database has now; the errors are those of backup.Restore.
func Restore(ctx context.Context, cfg config.Config, file string, force bool, log *slog.Logger) (from, to int64, err error) {
	file, done, err := fetch(ctx, cfg, file, log)
	if err != nil {
		return 0, 0, err
	}
	defer done()
	a := &App{cfg: cfg, log: log}
	database, err := a.startDatabase(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer database.close(log)
	restored, err := backup.Restore(ctx, backup.RestoreConfig{
		File: file, DatabaseURL: database.url, Force: force, BinDir: database.binDir(cfg.PGBin), Logger: log,
	})
	if err != nil {
		return 0, 0, err
	}
	if err := a.migrate(ctx, database.url); err != nil {
		return 0, 0, fmt.Errorf("the dump is restored, but: %w", err)
	}
	if err := tellKeys(ctx, database.url, log); err != nil {
		return 0, 0, fmt.Errorf("the dump is restored, but: %w", err)
	}
	to, err = postgres.ProgramSchema()
	return restored.Schema, to, err
}

// tellKeys says how many keys can be used after a restoring: some may have been revoked after the dump was made.
func tellKeys(ctx context.Context, url string, log *slog.Logger) error {
	pool, err := postgres.Open(ctx, url)
	if err != nil {
		return err
	}
	defer pool.Close()
	keys, err := postgres.NewAPIKeys(pool).List(ctx)
	if err != nil {
		return err
	}
	live := 0
	for _, key := range keys {
		if key.Alive(time.Now()) {
			live++
		}
	}
	log.WarnContext(ctx, "sessions were ended; look through the keys that can be used now (peneira keys list)", "keys", live)
	return nil
}
