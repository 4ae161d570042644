// Command deploy checks the files that the service is deployed with: the Dockerfile with BuildKit's own linter, compose.yaml
// with Compose's own schema, and both, the seccomp profile and the Kubernetes example against the rules of docs/operations.md.
package main

import (
	"errors"
	"fmt"
	"os"
)

func main() {
	failed := false
	for _, c := range []struct {
		file  string
		check func(string) error
	}{
		{"Dockerfile", checkDockerfile},
		{"compose.yaml", checkCompose},
		{"docs/operations/deploy/seccomp.json", checkSeccomp},
		{"docs/operations/kubernetes.yaml", checkKubernetes},
	} {
		if err := c.check(c.file); err != nil {
			failed = true
			fmt.Fprintf(os.Stderr, "%s:\n%v\n", c.file, err)
		}
	}
	if failed {
		os.Exit(1)
	}
}

// findings collects what is wrong, so that all of it is told at once.
type findings []error

func (f *findings) add(format string, args ...any) { *f = append(*f, fmt.Errorf("  "+format, args...)) }

func (f *findings) err() error { return errors.Join(*f...) }
