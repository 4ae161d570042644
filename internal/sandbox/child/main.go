// Package child is a sandbox from within: the process that runs one script at a time, and the only place that knows the
// engine. Its parent is package sandbox, which bounds it from without; what this package bounds, it bounds so that an
// honest script that goes wrong gets a precise answer instead of being killed.
//
// A program that uses package sandbox must call Main, and do nothing else, when its first argument is
// sandbox.ChildArgument. Tests that use a pool do so with one line:
//
//	func TestMain(m *testing.M) { child.MainIfChild(); os.Exit(m.Run()) }
package child

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"peneira/internal/sandbox/wire"
)

// The engine's process-wide settings.
const (
	// maxStackBytes makes the engine's own recursion (its parser, its JSON) die in a quarter of a second instead of
	// filling a gigabyte of stack.
	maxStackBytes = 64 << 20
	// gcPercent trades memory for speed: small runs hardly ever meet the collector. Large ones meet the soft limit on
	// memory instead.
	gcPercent = 200
	// maxThreads is how many processors a run may use, the collector included.
	maxThreads = 2
)

// MainIfChild ends the process as a sandbox if its arguments say so, and returns otherwise.
func MainIfChild() {
	if len(os.Args) > 1 && os.Args[1] == wire.ChildArgument {
		os.Exit(Main())
	}
}

// Main serves one parent until it closes the channel, and returns the status to exit with. It must be the first thing
// that a process does.
func Main() int {
	closeInherited()
	debug.SetMaxStack(maxStackBytes)
	debug.SetGCPercent(gcPercent)
	runtime.GOMAXPROCS(min(maxThreads, runtime.GOMAXPROCS(0)))
	time.Local = time.UTC

	in, out := openChannel()
	s := newServer(in, out)
	if err := s.greet(); err != nil {
		return fail(err)
	}
	if err := s.serve(); err != nil {
		return fail(err)
	}
	return 0
}

// fail tells the parent's log why the sandbox gives up.
func fail(err error) int {
	fmt.Fprintln(os.Stderr, "sandbox:", err)
	return 1
}
