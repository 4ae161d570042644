//go:build unix && !linux

package child

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"peneira/internal/sandbox/wire"
)

// nobody is the user and group that a sandbox becomes when it is started as root.
const nobody = 65534

// lockDown gives up what the process does not need and returns what it could give up.
func lockDown(int64) wire.Measure {
	var active wire.Measure
	if dropRoot() == nil {
		active |= wire.Unprivileged
	}
	if limitFiles() == nil {
		active |= wire.ProcessLimits
	}
	return active
}

func dropRoot() error {
	if os.Getuid() != 0 && os.Geteuid() != 0 {
		return nil
	}
	return errors.Join(syscall.Setgroups(nil), syscall.Setgid(nobody), syscall.Setuid(nobody))
}

// limitFiles forbids core dumps and written files.
func limitFiles() error {
	return errors.Join(
		unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}),
		unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{}),
	)
}
