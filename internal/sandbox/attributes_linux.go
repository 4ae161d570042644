package sandbox

import "syscall"

// attributes puts the child into a session of its own and has it killed when the thread that starts it ends.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
}
