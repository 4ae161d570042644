//go:build unix

package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// lockDir takes the directory for this process, so that a second one on it hears at once what is wrong. The lock is the
// kernel's: it ends with this process, however that ends, and is not passed on to children.
func lockDir(dir string) (unlock func(), err error) {
	path := filepath.Join(dir, "lock")
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the data directory: %w%s", err, ownerHint(dir, err))
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err != nil {
		holder := make([]byte, 32)
		n, _ := file.ReadAt(holder, 0)
		_ = file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("another peneira%s is using %s: stop it first, or give this one another data directory",
				processNote(string(holder[:n])), dir)
		}
		return nil, fmt.Errorf("locking the data directory: %w", err)
	}
	// For the message above only, hence no error.
	if file.Truncate(0) == nil {
		_, _ = fmt.Fprintf(file, "%d\n", os.Getpid())
	}
	// The file stays: removing it would let two processes lock two files of the same name.
	return func() {
		// Closing alone would leave the lock to a child that another goroutine is starting at this moment, until its exec.
		_ = syscall.Flock(int(file.Fd()), syscall.LOCK_UN)
		_ = file.Close()
	}, nil
}

func processNote(pid string) string {
	pid = strings.TrimSpace(pid)
	if pid == "" || strings.Trim(pid, "0123456789") != "" {
		return ""
	}
	return " (process " + pid + ")"
}

// ownerHint explains a refusal by saying whose the directory is.
func ownerHint(path string, err error) string {
	if !errors.Is(err, os.ErrPermission) {
		return ""
	}
	uid, ok := ownerOf(path)
	if !ok || int(uid) == os.Geteuid() {
		return ""
	}
	return fmt.Sprintf(" (%s belongs to user %s: run as that user or as root, or give it to yourself with chown -R)", path, userName(uid))
}
