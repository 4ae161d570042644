//go:build unix

package embedded

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const (
	socketPort = "5432"
	socketName = ".s.PGSQL." + socketPort
	// maxSocketPathBytes is what fits into a socket's address everywhere: Linux takes 107, macOS 103.
	maxSocketPathBytes = 100
)

// socketDir is the directory of the server's socket. It is closed to all users but the server's (and root), which is what
// keeps others out of the database.
type socketDir struct {
	path      string
	temporary bool
}

// makeSocketDir makes base/run, or a directory of a short name where that would be too long for a socket.
func makeSocketDir(p place) (socketDir, error) {
	run := filepath.Join(p.base, "run")
	// A comma separates hosts in the address of a database.
	if len(filepath.Join(run, socketName)) <= maxSocketPathBytes && !strings.Contains(run, ",") {
		if err := os.MkdirAll(run, 0o700); err != nil {
			return socketDir{}, fmt.Errorf("making the directory of the database's socket: %w%s", err, ownerHint(p.base, err))
		}
		return socketDir{path: run}, p.close(run)
	}
	sum := sha256.Sum256([]byte(p.cluster))
	name := "peneira-" + strconv.Itoa(p.account.uid) + "-" + hex.EncodeToString(sum[:6])
	for _, parent := range p.temporaryDirs() {
		dir := filepath.Join(parent, name)
		if len(filepath.Join(dir, socketName)) > maxSocketPathBytes || strings.Contains(dir, ",") {
			continue
		}
		if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			continue
		}
		// In a directory that all may write to, another user may have put something of this name before us.
		if !ours(dir, p.account.uid) {
			return socketDir{}, fmt.Errorf("%s belongs to another user: have it removed, or choose a data directory with a shorter path", dir)
		}
		return socketDir{path: dir, temporary: true}, p.close(dir)
	}
	return socketDir{}, fmt.Errorf("the path %s is too long for a socket: choose a data directory with a shorter path", run)
}

// temporaryDirs lists where a socket may go. As root only /tmp will do, since the server's user may not reach ours.
func (p place) temporaryDirs() []string {
	if p.account.other {
		return []string{"/tmp"}
	}
	return []string{os.TempDir(), "/tmp"}
}

// close gives the directory to the server's user and closes it to all others.
func (p place) close(dir string) error {
	if err := p.account.own(dir); err != nil {
		return err
	}
	//nolint:gosec // a directory needs the bit to be entered
	if err := os.Chmod(dir, 0o700); err != nil {
		return fmt.Errorf("closing the directory of the database's socket: %w%s", err, ownerHint(dir, err))
	}
	return nil
}

// ours reports whether path is a real directory that only we, or the server's user, can have made.
func ours(path string, uid int) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && (int(stat.Uid) == os.Geteuid() || int(stat.Uid) == uid)
}

// setting returns the value of unix_socket_directories: a list, hence the quotes.
func (d socketDir) setting() string {
	return `"` + strings.ReplaceAll(d.path, `"`, `""`) + `"`
}

func (d socketDir) url(database string) string { return databaseURL(d.path, database) }

// remove removes a directory outside of the data directory.
func (d socketDir) remove() {
	if d.temporary {
		_ = os.Remove(d.path)
	}
}
