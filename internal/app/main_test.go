package app_test

import (
	"os"
	"testing"

	"peneira/internal/cli"
	"peneira/internal/postgres/pgtest"
	"peneira/internal/sandbox"
	"peneira/internal/sandbox/child"
)

// TestMain lets the test binary be what the tests start: a sandbox, or the program itself.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == sandbox.ChildArgument {
		child.MainIfChild()
	}
	if os.Getenv(asProgram) != "" {
		os.Exit(cli.Run(cli.Process{Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Version: "test", Commit: "none"}))
	}
	pgtest.Main(m)
}

// asProgram in the environment makes the test binary the program.
const asProgram = "PENEIRA_TEST_AS_PROGRAM"
