//go:build !cgo

package sandbox_test

// linkedWithC says whether the test binary is, as it must be to check for races.
const linkedWithC = false
