//go:build unix

package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// pollInterval is how often we look at what gives no signal.
const pollInterval = 5 * time.Millisecond

// settle sees to it that no other server runs on the cluster. The directory is locked by us, so one that does was left by a
// process that is gone, and on Linux is about to end; or was started by hand.
func settle(ctx context.Context, cluster string, cfg Config) error {
	ctx, cancel := context.WithTimeoutCause(ctx, cfg.patience, errStillRunning)
	defer cancel()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	asked := false
	for {
		status, err := readStatus(cluster)
		if err != nil {
			return err
		}
		if status.none {
			return nil
		}
		if !status.young() && !isServer(status.pid, cluster) {
			cfg.Logger.InfoContext(ctx, "The embedded database was not shut down cleanly; it recovers now.")
			return disown(cluster, status)
		}
		if !asked {
			asked = true
			cfg.Logger.InfoContext(ctx, "Waiting for an earlier server of the embedded database to end.", "process", status.pid)
			if !orphansEnd {
				// An error means that it is ending, or not ours to end, which the wait shows.
				_ = syscall.Kill(status.pid, syscall.SIGINT)
			}
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			if errors.Is(context.Cause(ctx), errStillRunning) {
				return fmt.Errorf("another PostgreSQL server (process %d) is using %s: stop it first, or choose another data directory", status.pid, cluster)
			}
			return fmt.Errorf("waiting for an earlier server to end: %w", context.Cause(ctx))
		}
	}
}

// disown keeps a lock file from stopping us whose process number was given to a process of another kind: PostgreSQL would
// take that for the server. It is made to name us, whom PostgreSQL, as our child, knows not to be one. The rest of the file
// stays, since by it PostgreSQL finds out whether children of the dead server still use its memory.
func disown(cluster string, old status) error {
	path := filepath.Join(cluster, statusFile)
	if old.pid == 0 {
		// Cut by a crash of the machine. PostgreSQL would ask for its removal.
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing the lock file that a server left: %w", err)
		}
		return nil
	}
	if err := syscall.Kill(old.pid, 0); errors.Is(err, syscall.ESRCH) {
		return nil // PostgreSQL sees that for itself
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the database's lock file: %w", err)
	}
	_, rest, _ := strings.Cut(string(text), "\n")
	owner, known := ownerOf(path)
	fresh := path + ".new"
	//nolint:gosec // the path is the cluster's own
	err = os.WriteFile(fresh, []byte(strconv.Itoa(os.Getpid())+"\n"+rest), 0o600)
	if err == nil && known && int(owner) != os.Geteuid() {
		err = os.Chown(fresh, int(owner), -1)
	}
	if err == nil {
		err = os.Rename(fresh, path)
	}
	if err != nil {
		return fmt.Errorf("taking over the lock file that a server left: %w", err)
	}
	return nil
}

var errStillRunning = errors.New("still running")

// statusFile is PostgreSQL's lock file, which also tells how far its start has come.
const statusFile = "postmaster.pid"

// status is what the lock file says.
type status struct {
	none  bool // there is no such file
	pid   int  // of the server; 0 when the file is broken
	ready bool
	made  time.Time
}

// young reports whether the file is broken only because it is being written at this moment.
func (s status) young() bool { return s.pid == 0 && time.Since(s.made) < time.Second }

// readStatus reads the lock file.
func readStatus(cluster string) (status, error) {
	path := filepath.Join(cluster, statusFile)
	info, err := os.Stat(path)
	var text []byte
	if err == nil {
		text, err = os.ReadFile(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return status{none: true}, nil
	}
	if err != nil {
		return status{}, fmt.Errorf("reading the database's lock file: %w", err)
	}
	lines := strings.Split(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil {
		pid = 0
	}
	if pid < 0 {
		pid = -pid // a server without clients, as initdb uses
	}
	const readyLine = 7
	return status{
		pid: pid, made: info.ModTime(),
		ready: len(lines) > readyLine && strings.TrimSpace(lines[readyLine]) == "ready",
	}, nil
}
