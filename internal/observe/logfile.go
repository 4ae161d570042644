package observe

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// How log files are kept.
const (
	logFileBytes = 32 << 20 // a file that has grown beyond it is closed, and the next one begun
	logFilesKept = 10       // closed ones; the oldest go
)

// LogFile is a file that begins anew when it has grown, so that logs never fill the disk. Several goroutines may write to it.
// Several processes may, too: each line is appended whole, and one that goes on writing to a file that another has closed
// only makes it a little larger.
type LogFile struct {
	dir, name string
	most      int64 // bytes of a file
	kept      int

	mu   sync.Mutex
	file *os.File
	size int64
}

// OpenLogFile opens the file name.log in dir, which is made when missing. Closed ones are name-<time>.log beside it.
func OpenLogFile(dir, name string) (*LogFile, error) {
	l := &LogFile{dir: dir, name: name, most: logFileBytes, kept: logFilesKept}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the directory of logs: %w", err)
	}
	if err := l.open(); err != nil {
		return nil, err
	}
	return l, nil
}

func (l *LogFile) path() string { return filepath.Join(l.dir, l.name+".log") }

func (l *LogFile) open() error {
	file, err := os.OpenFile(l.path(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the log file: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(fmt.Errorf("open the log file: %w", err), file.Close())
	}
	l.file, l.size = file, info.Size()
	return nil
}

// Write appends an entry. When the file cannot be begun anew, it goes on in the old one; when that cannot be opened either,
// the entry is lost to the file, and the next one is tried again.
func (l *LogFile) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil && l.size > 0 && l.size+int64(len(p)) > l.most {
		l.rotate()
	}
	if l.file == nil {
		if err := l.open(); err != nil {
			return 0, err
		}
	}
	n, err := l.file.Write(p)
	l.size += int64(n)
	if err != nil {
		return n, fmt.Errorf("write the log: %w", err)
	}
	return n, nil
}

// rotate closes the file and gives it another name. It is closed first: some systems rename no file that is open.
func (l *LogFile) rotate() {
	_ = l.file.Close()
	l.file = nil
	closed := filepath.Join(l.dir, l.name+"-"+time.Now().UTC().Format("20060102T150405.000000000Z")+".log")
	if os.Rename(l.path(), closed) == nil {
		l.dropOld()
	}
}

// dropOld removes the oldest closed files. One that cannot be removed now is next time.
func (l *LogFile) dropOld() {
	entries, err := os.ReadDir(l.dir)
	if err != nil {
		return
	}
	var closed []string
	for _, entry := range entries {
		stamp, ok := strings.CutPrefix(entry.Name(), l.name+"-")
		if _, err := time.Parse("20060102T150405.000000000Z.log", stamp); ok && err == nil {
			closed = append(closed, entry.Name())
		}
	}
	slices.SortFunc(closed, func(a, b string) int { return cmp.Compare(b, a) })
	for _, name := range closed[min(l.kept, len(closed)):] {
		_ = os.Remove(filepath.Join(l.dir, name))
	}
}

// Close closes the file.
func (l *LogFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}

// Both writes to the first, and to the second whatever becomes of that: a full disk must not silence the log.
func Both(first, second io.Writer) io.Writer { return both{first, second} }

type both struct{ first, second io.Writer }

// Write implements io.Writer.
func (b both) Write(p []byte) (int, error) {
	_, firstErr := b.first.Write(p)
	_, secondErr := b.second.Write(p)
	if err := errors.Join(firstErr, secondErr); err != nil {
		return 0, err
	}
	return len(p), nil
}
