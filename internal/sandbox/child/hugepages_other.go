//go:build !linux || race

package child

// preferHugePages does nothing: there is no such wish to the system, or the race detector would write its own notes on all of
// what is set aside, which are four times as large.
func preferHugePages(int64) {}
