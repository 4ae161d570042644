package cli

import (
	"fmt"
	"runtime"
)

// versionCommand is `peneira version`.
type versionCommand struct{}

// Run implements the command.
func (versionCommand) Run(p Process) error {
	_, err := fmt.Fprintf(p.Stdout, "peneira %s (commit %s of %s, %s, %s/%s)\n", p.Version, p.Commit, p.Built, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
