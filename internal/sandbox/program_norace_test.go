//go:build !race

package sandbox_test

import "testing"

// delivered is the command of children that are the program as it is delivered: here the test's own.
func delivered(testing.TB) []string { return nil }

func removeBuilt() {}
