package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"peneira/internal/postgres/embedded"
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
	_, err := psql(ctx, d.server.URL(), "CREATE DATABASE "+name, nil)
	return d.url(name), err
}

// psql runs SQL, with variables that the SQL reads as :'name', and returns what it prints, unaligned and without headers.
func psql(ctx context.Context, address, sql string, variables map[string]string) (string, error) {
	args := []string{"--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", "--dbname=" + address, "--file=-"}
	for name, value := range variables {
		args = append(args, "--set="+name+"="+value)
	}
	//nolint:gosec // the arguments are the bench's own
	cmd := exec.CommandContext(ctx, clientProgram("psql"), args...)
	cmd.Stdin = strings.NewReader(sql)
	var said strings.Builder
	cmd.Stderr = &said
	answer, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("psql: %w: %s", err, strings.TrimSpace(said.String()))
	}
	return strings.TrimSpace(string(answer)), nil
}

// clientProgram finds a program of PostgreSQL that is no part of its server: in PG_BIN, or else where PATH leads.
func clientProgram(name string) string {
	if dir := os.Getenv("PG_BIN"); dir != "" {
		return filepath.Join(dir, name)
	}
	if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name); len(found) > 0 {
		return found[len(found)-1]
	}
	return name
}

// settle has PostgreSQL write out and tidy up what was done, so that one measurement does not pay for another.
func (d *database) settle(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	_, err := psql(ctx, address, "VACUUM ANALYZE;\nCHECKPOINT;", nil)
	return err
}
