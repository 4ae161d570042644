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

// forbidden reports whether the system ended a process for a system call that no engine makes.
func forbidden(state *os.ProcessState) bool {
	status, ok := state.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGSYS
}
