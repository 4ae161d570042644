package embedded

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// isServer reports whether the process is a PostgreSQL server on the cluster: it runs as the cluster's owner, and its working
// directory is the cluster. Where we may not see that directory (as root in a container) it counts as one, since two servers
// on one cluster would destroy it.
func isServer(pid int, cluster string) bool {
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	name, err := os.ReadFile(filepath.Join(proc, "comm"))
	if err != nil || !strings.HasPrefix(string(name), "postgres") {
		return false
	}
	runsAs, ok := ownerOf(proc)
	owner, known := ownerOf(cluster)
	if !ok || (known && runsAs != owner) {
		return false
	}
	dir, err := os.Readlink(filepath.Join(proc, "cwd"))
	if err != nil {
		return errors.Is(err, os.ErrPermission)
	}
	resolved, err := filepath.EvalSymlinks(cluster)
	return err == nil && dir == resolved
}
