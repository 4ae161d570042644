//go:build !unix

package child

// closeInherited has nothing to do: handles are not inherited on this system unless they are named.
func closeInherited() {}
