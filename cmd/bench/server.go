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
	dir, err := os.MkdirTemp(b.db.dir, role+"-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for a server: %w", err)
	}
	args := append([]string{"--role=" + role, "--database-url=" + address, "--data-dir=" + dir}, flags...)
	return trial.Start(ctx, trial.Command(b.program, args...), filepath.Join(dir, "log"))
}

// errNoSamples says that nothing could be measured.
var errNoSamples = errors.New("nothing was measured")
