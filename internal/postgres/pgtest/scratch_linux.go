package pgtest

import (
	"os"
	"syscall"
)

// scratchDir returns a directory in memory, where it has room: a database consists of hundreds of files, and making them
// takes some file systems longer than all else. A TMPDIR that is set is obeyed.
func scratchDir() string {
	const memory, tmpfs, enoughBytes = "/dev/shm", 0x01021994, 4 << 30
	if os.Getenv("TMPDIR") != "" {
		return os.TempDir()
	}
	var stat syscall.Statfs_t
	if err := syscall.Statfs(memory, &stat); err != nil || stat.Type != tmpfs || stat.Bavail*uint64(stat.Bsize) < enoughBytes { //nolint:gosec // a size is not negative
		return os.TempDir()
	}
	return memory
}
