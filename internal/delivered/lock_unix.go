//go:build unix

package delivered

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lock waits until no other process builds. The lock ends with this process, however that ends.
func lock(path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the program: %w", err)
	}
	for {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("locking the program: %w", err), file.Close())
	}
	return func() { _ = file.Close() }, nil
}
