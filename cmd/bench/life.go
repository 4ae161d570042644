package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"peneira/internal/postgres/psql"
	"peneira/internal/trial"
)

// life is a database that was filled, with a process of the service on it.
type life struct {
	seed

	bench   *bencher
	address string
	server  *trial.Process
	hosted  hosted
	quiet   string   // a script that has few executions
	middle  string   // the cursor of half of all executions
	newest  []string // ids of executions
	some    []string // the same, from all months
}

// begin makes a database and fills it, unless it was kept. The service that makes the schema and hosts the script stays.
func (b *bencher) begin(ctx context.Context, s seed) (*life, error) {
	begun := time.Now()
	l := &life{seed: s, bench: b}
	name := "growth_" + s.name
	found, err := psql.Run(ctx, b.db.URL("postgres"), "SELECT count(*) FROM pg_database WHERE datname = :'name'", map[string]string{"name": name})
	if err != nil {
		return nil, err
	}
	l.address = b.db.URL(name)
	if found == "0" {
		if l.address, err = b.db.Create(ctx, name); err != nil {
			return nil, err
		}
	}
	if err := l.serve(ctx, "api"); err != nil {
		return nil, err
	}
	if found == "0" {
		err = l.fill(ctx)
	} else {
		l.hosted.client = b.client(l.server)
		l.hosted.script, err = psql.Run(ctx, l.address, "SELECT id FROM scripts WHERE name = 'bench'", nil)
	}
	if err != nil {
		return l, err
	}
	if err := b.db.settle(ctx, l.address); err != nil {
		return l, err
	}
	if err := l.look(ctx); err != nil {
		return l, err
	}
	size, err := psql.Run(ctx, l.address, "SELECT pg_size_pretty(pg_database_size(current_database()))", nil)
	fmt.Fprintf(b.out, "  %-6s %9d executions, %6d scripts, %2d months, %s, made in %s\n",
		s.name, s.rows, s.scripts, s.months, size, time.Since(begun).Round(time.Second))
	return l, err
}

// fill hosts the busy script and plants what the life has had.
func (l *life) fill(ctx context.Context) (err error) {
	if l.hosted, err = l.bench.host(ctx, l.server); err != nil {
		return err
	}
	return l.plant(ctx, l.address, l.hosted.script, l.bench.example.script)
}

// serve starts a process of the service in place of the one before.
func (l *life) serve(ctx context.Context, role string) error {
	if l.server != nil {
		l.hosted.client.Close()
		if err := l.server.Stop(); err != nil {
			return err
		}
	}
	var err error
	if l.server, err = l.bench.startServer(ctx, l.address, role); err == nil {
		l.hosted.client = l.bench.client(l.server)
	}
	return err
}

func (l *life) end() {
	if l == nil || l.server == nil {
		return
	}
	if l.hosted.client != nil {
		l.hosted.client.Close()
	}
	_ = l.server.Stop()
}

//go:embed sql/look.sql
var look string

// look finds out what the pages to measure are named by.
func (l *life) look(ctx context.Context) error {
	answer, err := psql.Run(ctx, l.address, look, map[string]string{"busy": l.hosted.script})
	if err != nil {
		return err
	}
	lines := strings.Split(answer, "\n")
	if len(lines) != 4 {
		return errors.New("the database is not filled")
	}
	l.quiet, l.middle, l.newest, l.some = lines[0], lines[1], strings.Fields(lines[2]), strings.Fields(lines[3])
	return nil
}

// drained returns when nothing is left in the queue.
func (l *life) drained(ctx context.Context) error {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		left, err := psql.Run(ctx, l.address, "SELECT count(*) FROM (SELECT FROM river_job WHERE kind = 'execution' AND finalized_at IS NULL LIMIT 1) j", nil)
		if err != nil || left == "0" {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
