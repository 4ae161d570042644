package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"peneira/internal/trial"
)

// startServer starts a process of the service on the database at address, and returns when it is ready.
func (b *bencher) startServer(ctx context.Context, address, role string, flags ...string) (*trial.Process, error) {
	return b.startHeld(ctx, nil, address, role, flags...)
}

// startHeld is startServer for a process that is held to a quota of the CPUs; nil: to none.
func (b *bencher) startHeld(ctx context.Context, q *quota, address, role string, flags ...string) (*trial.Process, error) {
	dir, err := os.MkdirTemp(b.db.dir, role+"-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for a server: %w", err)
	}
	args := append([]string{"--role=" + role, "--database-url=" + address, "--data-dir=" + dir}, flags...)
	cmd := trial.Command(b.program, args...)
	if q != nil {
		q.hold(cmd)
	}
	return trial.Start(ctx, cmd, filepath.Join(dir, "log"))
}

// single is a process that does all, on a database of its own, with a script.
type single struct {
	hosted

	address string // the database's
	server  *trial.Process
}

// startSingle starts one that has the script of the given source.
func (b *bencher) startSingle(ctx context.Context, database, source string, flags ...string) (*single, error) {
	address, err := b.db.Create(ctx, database)
	if err != nil {
		return nil, err
	}
	server, err := b.startServer(ctx, address, "all", flags...)
	if err != nil {
		return nil, err
	}
	s := &single{hosted{client: b.client(server)}, address, server}
	if s.script, err = s.client.Host(ctx, database, source); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

func (s *single) stop() {
	s.client.Close()
	_ = s.server.Stop()
}

// errNoSamples says that nothing could be measured.
var errNoSamples = errors.New("nothing was measured")
