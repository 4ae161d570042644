package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"time"

	"peneira/internal/postgres/psql"
	"peneira/internal/trial"
)

// database is a PostgreSQL server of the bench's own.
type database struct {
	*trial.Server

	dir  string
	kept bool
}

// startDatabase starts a server in a directory of its own below parent, which goes with it, or in kept, which stays.
func startDatabase(ctx context.Context, parent, kept string) (*database, error) {
	if kept != "" {
		//nolint:gosec // as root the server runs as another user, who must pass through
		if err := os.MkdirAll(kept, 0o755); err != nil {
			return nil, fmt.Errorf("make a directory for the database: %w", err)
		}
		server, err := trial.StartServer(ctx, kept)
		return &database{Server: server, dir: kept, kept: true}, err
	}
	dir, err := os.MkdirTemp(parent, "peneira-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for the database: %w", err)
	}
	//nolint:gosec // as root the server runs as another user, who must pass through
	if err := os.Chmod(dir, 0o755); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	server, err := trial.StartServer(ctx, dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &database{Server: server, dir: dir}, nil
}

func (d *database) stop() {
	d.Stop()
	if !d.kept {
		_ = os.RemoveAll(d.dir)
	}
}

// settle has PostgreSQL write out and tidy up what was done, so that one measurement does not pay for another.
func (d *database) settle(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	_, err := psql.Run(ctx, address, "VACUUM ANALYZE;\nCHECKPOINT;", nil)
	return err
}
