//go:build !unix

package sandbox

import "syscall"

func attributes(bool) *syscall.SysProcAttr { return nil }
