//go:build race

package sandbox_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"peneira/internal/sandbox"
)

// built holds the program as it is delivered, once a test has asked for it.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "peneira-program-")
	if err != nil {
		return "", err
	}
	builtIn = dir
	file := filepath.Join(dir, "peneira")
	if out, err := exec.Command("go", "build", "-o", file, "peneira/cmd/peneira").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return file, nil
})

var builtIn string

func removeBuilt() {
	if builtIn != "" {
		_ = os.RemoveAll(builtIn)
	}
}

// delivered is the command of children that are the program as it is delivered. The race detector multiplies a script's
// time and memory, so that what a child does near its limits would be shown of another program; other tests run children
// under the detector.
func delivered(t testing.TB) []string {
	t.Helper()
	file, err := built()
	if err != nil {
		t.Fatalf("build the program: %v", err)
	}
	return []string{file, sandbox.ChildArgument}
}
