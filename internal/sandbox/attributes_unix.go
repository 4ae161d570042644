//go:build unix && !linux

package sandbox

import "syscall"

// attributes puts the child into a session of its own: a terminal's Ctrl-C is for the parent alone.
func attributes(bool) *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
