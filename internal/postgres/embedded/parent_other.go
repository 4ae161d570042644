//go:build unix && !linux

package embedded

import "syscall"

// orphansEnd says that the kernel does not end the server when we are killed. It goes on alone then; the next start finds it
// through postmaster.pid and stops it.
const orphansEnd = false

func dieWithParent(*syscall.SysProcAttr, syscall.Signal) {}
