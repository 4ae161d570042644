package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"peneira/internal/postgres/embedded"
)

// dirPrefix begins the names of the servers' directories; the id of the process that made one follows.
const dirPrefix = "peneira-pgtest-"

// sweepAge is how old a directory of a dead process must be to be removed: its server ends a moment later.
const sweepAge = time.Minute

// Throwaway is a server that keeps nothing.
type Throwaway struct {
	URL  string
	Stop func() // may be called again
}

// StartThrowaway starts a server with its data in a temporary directory, in memory if there is room. Without durability it is fast. It ends with this
// process, however that ends; the directory that a killed process left is removed by a later start.
func StartThrowaway(ctx context.Context) (*Throwaway, error) {
	parent := scratchDir()
	sweep(parent, time.Now().Add(-sweepAge))
	dir, err := os.MkdirTemp(parent, dirPrefix+strconv.Itoa(os.Getpid())+"-")
	if err != nil {
		return nil, fmt.Errorf("making a directory for the server: %w", err)
	}
	//nolint:gosec // as root the server runs as another user, who must pass through
	if err := os.Chmod(dir, 0o755); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the server's directory: %w", err), os.RemoveAll(dir))
	}
	server, err := embedded.Start(ctx, embedded.Config{Dir: dir, BinDir: os.Getenv("PG_BIN"), Throwaway: true})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &Throwaway{
		URL: server.URL(),
		Stop: func() {
			// Nothing is worth a clean shutdown: an ended context has the server end at once.
			ended, cancel := context.WithCancel(context.Background())
			cancel()
			_ = server.Stop(ended)
			_ = os.RemoveAll(dir)
		},
	}, nil
}

// sweep removes the directories that killed processes left before the given time.
func sweep(parent string, before time.Time) {
	leftovers, _ := filepath.Glob(filepath.Join(parent, dirPrefix+"*"))
	for _, dir := range leftovers {
		owner, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), dirPrefix), "-")
		pid, err := strconv.Atoi(owner)
		if err != nil || alive(pid) {
			continue
		}
		if info, err := os.Lstat(dir); err != nil || !info.IsDir() || info.ModTime().After(before) {
			continue
		}
		// Another process may sweep it at the same time, and another user's may not be swept.
		_ = os.RemoveAll(dir)
	}
}

func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	err = p.Signal(syscall.Signal(0))
	return err == nil || errors.Is(err, os.ErrPermission)
}
