package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// kind is one kind of backup, by the shape of its files' names.
type kind struct{ prefix, suffix string }

var (
	databaseKind = kind{"peneira-", ".dump"}
	logsKind     = kind{"logs-", ".tar.gz"}
)

// stampLayout is the time in a name: UTC, sorting as text, without characters that some file system refuses.
const stampLayout = "20060102T150405.000Z"

// temporaryPrefix begins the names of files that are not finished.
const temporaryPrefix = ".unfinished-"

func (k kind) name(at time.Time) string { return k.prefix + at.UTC().Format(stampLayout) + k.suffix }

// time returns when the backup of that name began; ok is false for a name that we do not give.
func (k kind) time(name string) (at time.Time, ok bool) {
	stamp, ok := strings.CutPrefix(name, k.prefix)
	if !ok {
		return time.Time{}, false
	}
	stamp, ok = strings.CutSuffix(stamp, k.suffix)
	if !ok {
		return time.Time{}, false
	}
	at, err := time.Parse(stampLayout, stamp)
	// Parsing is generous; only what we would write ourselves is ours.
	return at, err == nil && k.name(at) == name
}

// draft is a backup that is being written.
type draft struct {
	file *os.File
	dir  string
}

// newDraft makes a file that nobody else can read.
func newDraft(dir string) (*draft, error) {
	file, err := os.CreateTemp(dir, temporaryPrefix) // 0600
	if err != nil {
		return nil, dirUnusable(dir, err)
	}
	return &draft{file: file, dir: dir}, nil
}

func (d *draft) path() string { return d.file.Name() }

// sync sees to it that what was written is on the disk, and returns its size.
func (d *draft) sync() (int64, error) {
	if err := d.file.Sync(); err != nil {
		return 0, dirUnusable(d.dir, err)
	}
	info, err := d.file.Stat()
	if err != nil {
		return 0, dirUnusable(d.dir, err)
	}
	return info.Size(), nil
}

// publish gives the file its name, for good.
func (d *draft) publish(name string) (string, error) {
	path := filepath.Join(d.dir, name)
	if err := d.file.Close(); err != nil {
		return "", dirUnusable(d.dir, err)
	}
	// Never over another: two processes may have begun at the same moment.
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("publishing the backup: %s is there already", path)
	}
	if err := os.Rename(d.path(), path); err != nil {
		return "", dirUnusable(d.dir, err)
	}
	if err := syncDir(d.dir); err != nil {
		return "", dirUnusable(d.dir, err)
	}
	return path, nil
}

// discard removes the file, unless it has been published.
func (d *draft) discard() {
	_ = d.file.Close()
	_ = os.Remove(d.path())
}

// syncDir sees to it that a new name is on the disk, where a directory can be asked for that.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	file, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("opening the directory: %w", err)
	}
	defer func() { _ = file.Close() }()
	if err := file.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) {
		return fmt.Errorf("syncing the directory: %w", err)
	}
	return nil
}

// size returns a number of bytes for people.
func size(bytes int64) string {
	units := []string{"bytes", "KB", "MB", "GB", "TB", "PB", "EB"}
	value, unit := float64(bytes), 0
	for value >= 1000 && unit < len(units)-1 {
		value, unit = value/1000, unit+1
	}
	if unit == 0 {
		return fmt.Sprintf("%d bytes", bytes)
	}
	return fmt.Sprintf("%.1f %s", value, units[unit])
}

// counted returns a number of things for people.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// reason returns why a call failed without the path, which the message names already.
func reason(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	if l, ok := errors.AsType[*os.LinkError](err); ok {
		return l.Err
	}
	return err
}
