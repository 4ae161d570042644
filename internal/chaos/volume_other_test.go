//go:build unix && !linux

package chaos

import "errors"

// mountVolume would make dir a volume of its own.
func mountVolume(string) error { return errors.ErrUnsupported }

func unmountVolume(string) {}
