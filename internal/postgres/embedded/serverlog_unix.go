//go:build unix

package embedded

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// maxLogBytes bounds the server's log. One older log of this size is kept beside it.
const maxLogBytes = 32 << 20

// serverLog is the file that the server writes its messages to.
type serverLog struct {
	file  *os.File
	start int64 // where this run's messages begin
}

func openLog(path string) (*serverLog, error) {
	//nolint:gosec // nothing secret is logged, and the operator may read it as another user
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("making the directory of the database's log: %w", err)
	}
	// Appending is what lets the log be cut while the server has it open.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the database's log: %w%s", err, ownerHint(path, err))
	}
	log := &serverLog{file: file}
	log.bound()
	if info, err := file.Stat(); err == nil {
		log.start = info.Size()
	}
	return log, nil
}

// bound keeps what was logged as the older log and begins anew, when it has grown too large. A message that is written in
// this very moment may be lost.
func (l *serverLog) bound() {
	info, err := l.file.Stat()
	if err != nil || info.Size() < maxLogBytes {
		return
	}
	older, err := os.OpenFile(l.file.Name()+".1", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err == nil {
		_, _ = io.Copy(older, io.NewSectionReader(l.file, max(0, info.Size()-maxLogBytes), maxLogBytes))
		_ = older.Close()
	}
	if l.file.Truncate(0) == nil {
		l.start = 0
	}
}

// tail returns the last lines of this run, on lines of their own, or nothing.
func (l *serverLog) tail() string {
	info, err := l.file.Stat()
	if err != nil {
		return ""
	}
	const enough = 8 << 10
	from := max(min(l.start, info.Size()), info.Size()-enough)
	text, err := io.ReadAll(io.NewSectionReader(l.file, from, enough))
	if err != nil || len(text) == 0 {
		return ""
	}
	return fmt.Sprintf("; the end of %s:\n%s", l.file.Name(), lastLines(text))
}

// write adds a text of our own. The log is for people; an error changes nothing.
func (l *serverLog) write(text []byte) { _, _ = l.file.Write(text) }

func (l *serverLog) close() { _ = l.file.Close() }
