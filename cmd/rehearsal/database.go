package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"

	"peneira/internal/postgres/embedded"
	"peneira/internal/postgres/psql"
	"peneira/internal/trial"
)

// database is one that can be lost.
type database interface {
	// flags tell peneira where it is.
	flags() []string
	// address is where SQL reaches it, while it runs.
	address(ctx context.Context) (string, error)
	// destroy loses it with all that is in it. What is needed to restore into is there afterwards.
	destroy(ctx context.Context) error
	stop()
}

// dataDir is the service's data directory, below the rehearsal's own.
const dataDir = "data"

// provide makes the database that is to be lost.
func (r *rehearsal) provide(ctx context.Context) (database, error) {
	data := filepath.Join(r.dir, dataDir)
	if r.on == onEmbedded {
		return embeddedDatabase{data}, nil
	}
	server, err := trial.StartServer(ctx, filepath.Join(r.dir, "server"))
	if err != nil {
		return nil, err
	}
	if _, err := server.Create(ctx, externalName); err != nil {
		server.Stop()
		return nil, err
	}
	return externalDatabase{server: server, data: data}, nil
}

// embeddedDatabase is what the service starts without DATABASE_URL. It is lost with the whole data directory.
type embeddedDatabase struct{ data string }

func (d embeddedDatabase) flags() []string { return []string{"--data-dir=" + d.data} }

func (d embeddedDatabase) address(ctx context.Context) (string, error) {
	address, running, err := embedded.Running(ctx, embedded.Config{Dir: d.data, BinDir: os.Getenv("PG_BIN")})
	if err == nil && !running {
		err = errors.New("the embedded database does not run")
	}
	return address, err
}

func (d embeddedDatabase) destroy(context.Context) error { return os.RemoveAll(d.data) }

func (embeddedDatabase) stop() {}

// externalDatabase is one on a server of its own.
type externalDatabase struct {
	server *trial.Server
	data   string // the service's data directory
}

const externalName = "rehearsal"

func (d externalDatabase) flags() []string {
	return []string{"--data-dir=" + d.data, "--database-url=" + d.server.URL(externalName)}
}

func (d externalDatabase) address(context.Context) (string, error) {
	return d.server.URL(externalName), nil
}

func (d externalDatabase) destroy(ctx context.Context) error {
	if err := d.server.Drop(ctx, externalName); err != nil {
		return err
	}
	_, err := d.server.Create(ctx, externalName)
	return err
}

func (d externalDatabase) stop() { d.server.Stop() }

// digest tells one content of the tables that people rely on from another, to the last byte of every row.
func digest(ctx context.Context, address string) (string, error) {
	return psql.Run(ctx, address, `
		SELECT count(*), coalesce(sum(hashtextextended(e::text, 0)::numeric), 0) FROM executions e;
		SELECT count(*), coalesce(sum(hashtextextended(s::text, 0)::numeric), 0) FROM scripts s;
		SELECT count(*), coalesce(sum(hashtextextended(v::text, 0)::numeric), 0) FROM script_versions v;`, nil)
}

func size(ctx context.Context, address string) (int64, error) {
	text, err := psql.Run(ctx, address, "SELECT pg_database_size(current_database())", nil)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(text, 10, 64)
}
