//go:build unix

package child

import (
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// closeInherited closes the descriptors that the process got without being meant to: those that the server itself was
// started with, by a shell or a supervisor that let them through. What the runtime has opened for itself is marked to be
// closed on exec, and so was not inherited.
func closeInherited() {
	entries, err := os.ReadDir("/dev/fd")
	if err != nil {
		return
	}
	for _, entry := range entries {
		fd, err := strconv.Atoi(entry.Name())
		if err != nil || fd <= channelDescriptor {
			continue
		}
		flags, err := unix.FcntlInt(uintptr(fd), syscall.F_GETFD, 0)
		if err == nil && flags&syscall.FD_CLOEXEC == 0 {
			_ = unix.Close(fd)
		}
	}
}
