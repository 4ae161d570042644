// Command peneira hosts JavaScript data-preparation scripts and runs them over posted JSON.
package main

import (
	"os"

	"peneira/internal/cli"
)

// Set by the build: see the Makefile.
var version, commit, built = "dev", "unknown", "unknown"

func main() {
	os.Exit(cli.Run(cli.Process{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Version: version, Commit: commit, Built: built,
	}))
}
