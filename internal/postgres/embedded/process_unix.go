//go:build unix

package embedded

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// process is a child of ours.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
	exit error // how it ended; set before done is closed
}

// launch starts a command. It is forked from a thread that lives as long as the child: the kernel counts the end of the
// forking thread, not of the process, as the parent's death (see dieWithParent).
func launch(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// Never unlocked: the thread ends with this goroutine, which is after the child.
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		p.exit = cmd.Wait()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting %s: %w", cmd.Path, err)
	}
	return p, nil
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// end sends a signal and reports whether the process is gone before ctx ends or the patience is over.
func (p *process) end(ctx context.Context, signal syscall.Signal, patience time.Duration) bool {
	select {
	case <-p.done:
		return true
	default:
	}
	// An error means that it is gone already.
	_ = p.cmd.Process.Signal(signal)
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-p.done:
		return true
	case <-ctx.Done():
	case <-timer.C:
	}
	return false
}

// killGroup kills the process and all that it started.
func (p *process) killGroup() { _ = syscall.Kill(-p.pid(), syscall.SIGKILL) }

// state says how the process ended, for people.
func (p *process) state() string {
	if p.exit == nil {
		return "exit status 0"
	}
	return p.exit.Error()
}

// environment returns the environment of PostgreSQL's programs: what the loader and the shell need and nothing else, since
// PGDATA, PGOPTIONS, LC_MESSAGES and their like would change what they do. No secret of ours is passed on.
func environment() []string {
	keep := []string{"PATH=", "TMPDIR=", "LD_LIBRARY_PATH=", "DYLD_LIBRARY_PATH=", "DYLD_FALLBACK_LIBRARY_PATH="}
	env := slices.DeleteFunc(os.Environ(), func(entry string) bool {
		return !slices.ContainsFunc(keep, func(prefix string) bool { return strings.HasPrefix(entry, prefix) })
	})
	return append(env, "LANG=C", "LC_ALL=C", "TZ=UTC")
}
