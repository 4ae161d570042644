package chaos

import (
	"fmt"
	"syscall"
)

// mountVolume makes dir a small volume of its own, which takes root.
func mountVolume(dir string) error {
	if err := syscall.Mount("peneira-chaos", dir, "tmpfs", 0, fmt.Sprintf("size=%d,mode=755", volumeBytes)); err != nil {
		return fmt.Errorf("mounting a volume: %w", err)
	}
	return nil
}

func unmountVolume(dir string) { _ = syscall.Unmount(dir, syscall.MNT_DETACH) }
