// Package delivered gives tests the program as it is delivered: built without C and without the race detector, which multiplies what
// starting a process, running a script and holding a payload cost. What a test runs in its own process is under the
// detector; a process that it kills could not report a race anyway.
package delivered

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"peneira/internal/sandbox"
)

// Program returns the path of the program, built from the sources as they are.
func Program(t testing.TB) string {
	t.Helper()
	file, err := build()
	if err != nil {
		t.Fatalf("building the program: %v", err)
	}
	return file
}

// Sandbox returns the command of children that are the program.
func Sandbox(t testing.TB) []string {
	t.Helper()
	return []string{Program(t), sandbox.ChildArgument}
}

// build builds once per test process. The program stays where it is built, so that only the first of several packages, or of
// several runs, has to link it.
var build = sync.OnceValues(func() (file string, err error) {
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	const dir = "bin/test"
	if err := os.MkdirAll(filepath.Join(root, dir), 0o750); err != nil {
		return "", fmt.Errorf("making its directory: %w", err)
	}
	unlock, err := lock(filepath.Join(root, dir, "lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", dir+"/", "./cmd/peneira")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return filepath.Join(root, dir, "peneira"), nil
})

// moduleRoot returns the directory of go.mod. Tests run in the directories of their packages.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("looking for go.mod: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod above the working directory")
		}
		dir = parent
	}
}
