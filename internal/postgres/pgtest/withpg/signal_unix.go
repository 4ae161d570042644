//go:build unix

package main

import (
	"os"
	"os/exec"
	"syscall"
)

var passedOn = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}

// isolate gives the command a process group, so that a terminal's ^C comes to us alone and is passed on once, to all of it.
func isolate(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(cmd.SysProcAttr)
}

func passOn(cmd *exec.Cmd, s os.Signal) {
	if number, ok := s.(syscall.Signal); ok {
		// An error means that it has ended.
		_ = syscall.Kill(-cmd.Process.Pid, number)
	}
}

func signalNumber(failed *exec.ExitError) int {
	if status, ok := failed.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return int(status.Signal())
	}
	return 0
}
