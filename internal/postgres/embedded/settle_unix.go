//go:build unix

package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// pollInterval is how often we look at what gives no signal.
	pollInterval = 5 * time.Millisecond
	// settlePatience is how long a server that is ending may take: 5 s to kill its own children, and some to spare.
	settlePatience = 10 * time.Second
)

// settle sees to it that no other server runs on the cluster. The directory is locked by us, so one that does was left by a
// process that is gone, and on Linux is about to end; or was started by hand.
func settle(ctx context.Context, cluster string, logger *slog.Logger) error {
	ctx, cancel := context.WithTimeoutCause(ctx, settlePatience, errStillRunning)
	defer cancel()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	asked := false
	for {
		status, err := readStatus(cluster)
		if err != nil {
			return err
		}
		if status.pid == 0 {
			return nil
		}
		if !isServer(status.pid, cluster) {
			logger.InfoContext(ctx, "The embedded database was not shut down cleanly; it recovers now.", "process", status.pid)
			return disown(cluster, status)
		}
		if !asked {
			asked = true
			logger.InfoContext(ctx, "Waiting for an earlier server of the embedded database to end.", "process", status.pid)
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
	if err := syscall.Kill(old.pid, 0); errors.Is(err, syscall.ESRCH) {
		return nil // PostgreSQL sees that for itself
	}
	path := filepath.Join(cluster, statusFile)
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
	pid   int // 0: there is none
	ready bool
}

// readStatus reads the lock file. One that is empty or cut, as after a crash of the machine, counts as none: PostgreSQL
// itself tells what to do about it if it minds.
func readStatus(cluster string) (status, error) {
	text, err := os.ReadFile(filepath.Join(cluster, statusFile))
	if errors.Is(err, fs.ErrNotExist) {
		return status{}, nil
	}
	if err != nil {
		return status{}, fmt.Errorf("reading the database's lock file: %w", err)
	}
	lines := strings.Split(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil {
		return status{}, nil
	}
	if pid < 0 {
		pid = -pid // a single-user backend
	}
	const readyLine = 7
	return status{pid: pid, ready: len(lines) > readyLine && strings.TrimSpace(lines[readyLine]) == "ready"}, nil
}
