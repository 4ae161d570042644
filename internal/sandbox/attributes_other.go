//go:build !unix

package sandbox

import "syscall"

func attributes() *syscall.SysProcAttr { return nil }
