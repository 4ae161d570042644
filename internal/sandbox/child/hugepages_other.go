//go:build !linux

package child

// preferHugePages does nothing: there is no such wish to the system.
func preferHugePages(int64) {}
