//go:build unix

package sandbox

import (
	"io"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// attachChannel makes the socket between parent and child and gives cmd its end as descriptor 3. The returned function
// closes the child's end in the parent, once cmd has been started or has failed to.
func attachChannel(cmd *exec.Cmd) (io.ReadWriteCloser, func() error, error) {
	// Not every system can create a socket that is closed on exec from the start, so no fork may come between.
	syscall.ForkLock.RLock()
	ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(ends[0])
		syscall.CloseOnExec(ends[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	// The parent's end goes through the poller, so that many waiting runs cost no threads. The child's end stays
	// blocking: it has nothing else to do.
	err = os.NewSyscallError("set nonblocking", syscall.SetNonblock(ends[0], true))
	ours := os.NewFile(uintptr(ends[0]), "sandbox")
	theirs := os.NewFile(uintptr(ends[1]), "sandbox")
	if err != nil {
		_ = ours.Close()
		_ = theirs.Close()
		return nil, nil, err
	}
	cmd.ExtraFiles = []*os.File{theirs}
	return ours, theirs.Close, nil
}

// pending reports whether something waits to be read from a channel. The end of the stream does not count.
func pending(channel io.ReadWriteCloser) bool {
	file, ok := channel.(*os.File)
	if !ok {
		return false
	}
	connection, err := file.SyscallConn()
	if err != nil {
		return false
	}
	waiting := false
	var one [1]byte
	err = connection.Control(func(fd uintptr) {
		n, _, err := unix.Recvfrom(int(fd), one[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
		waiting = err == nil && n > 0
	})
	return err == nil && waiting
}
