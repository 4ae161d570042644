package load_test

import (
	"os"
	"testing"

	"peneira/internal/postgres/pgtest"
	"peneira/internal/sandbox"
	"peneira/internal/sandbox/child"
)

// TestMain lets the test binary be a sandbox.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == sandbox.ChildArgument {
		child.MainIfChild()
	}
	pgtest.Main(m)
}
