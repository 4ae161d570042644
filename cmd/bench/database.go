package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"peneira/internal/postgres/embedded"
	"peneira/internal/postgres/psql"
)

// database is a PostgreSQL server of the bench's own, as durable as one in production: what is written is on the disk.
type database struct {
	server *embedded.Server
	dir    string
}

func startDatabase(ctx context.Context, parent string) (*database, error) {
	dir, err := os.MkdirTemp(parent, "peneira-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for the database: %w", err)
	}
	//nolint:gosec // as root the server runs as another user, who must pass through
	if err := os.Chmod(dir, 0o755); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	server, err := embedded.Start(ctx, embedded.Config{Dir: dir, BinDir: os.Getenv("PG_BIN")})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &database{server: server, dir: dir}, nil
}

func (d *database) stop() {
	// Nothing is worth a clean shutdown.
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	_ = d.server.Stop(ended)
	_ = os.RemoveAll(d.dir)
}

// url returns the address of a database on the server.
func (d *database) url(name string) string {
	address, err := url.Parse(d.server.URL())
	if err != nil {
		return d.server.URL() // connecting to it says what is wrong with it
	}
	address.Path = "/" + name
	return address.String()
}

// create makes a database, empty and without schema, and returns its address.
func (d *database) create(ctx context.Context, name string) (string, error) {
	_, err := psql.Run(ctx, d.server.URL(), "CREATE DATABASE "+name, nil)
	return d.url(name), err
}

// settle has PostgreSQL write out and tidy up what was done, so that one measurement does not pay for another.
func (d *database) settle(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	_, err := psql.Run(ctx, address, "VACUUM ANALYZE;\nCHECKPOINT;", nil)
	return err
}
