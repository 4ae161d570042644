//go:build !linux

package sandbox

// namespaces says whether this system knows them.
const namespaces = false

func refusesNamespaces(error) bool { return false }
