//go:build unix

package sandbox

import (
	"os"
	"syscall"
)

// signalled reports whether a signal ended a process, rather than its own exit.
func signalled(state *os.ProcessState) bool {
	status, ok := state.Sys().(syscall.WaitStatus)
	return ok && status.Signaled()
}
