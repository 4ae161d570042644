// Package backup keeps copies of the database and of the log files, and removes the old ones.
//
// A copy is written under a temporary name, checked, and only then given its own: what has a backup's name is whole.
package backup

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"peneira/internal/failure"
)

// DefaultRetention is how long backups are kept when nothing else is said.
const DefaultRetention = 30 * 24 * time.Hour

// Config says what is backed up, and to where.
type Config struct {
	// DatabaseURL is the address of the database, as pgx understands it.
	DatabaseURL string
	// Dir is the directory of the backups. It is made when missing, closed to other users.
	Dir string
	// LogDir is the directory whose files Logs archives.
	LogDir string
	// BinDir is where to look for pg_dump and pg_restore first. Default: the PATH and the usual places of the system.
	BinDir string
	// Retention is how long backups are kept. Default: DefaultRetention.
	Retention time.Duration
	// Bucket, if set, gets a copy of each backup.
	Bucket *Bucket
	// Logger is told what deserves attention. Default: silence.
	Logger *slog.Logger

	// now tells the time. Default: time.Now; tests choose it.
	now func() time.Time
	// places are where else to look for the programs. Default: the usual ones; tests look nowhere.
	places []string
}

// Result is what was done.
type Result struct {
	Path    string    // of the backup; empty when none was written
	Bytes   int64     // of the backup, or how many a clean-up has freed
	Message string    // for people
	At      time.Time // when it began: a backup of the database shows its state at about that moment
}

// Service makes backups, one at a time. Its methods may be called from several goroutines.
type Service struct {
	cfg Config
	// turn holds one token: who has it may write to the directory.
	turn chan struct{}
}

// New returns a service. Nothing is looked at or made before the first backup.
func New(cfg Config) *Service {
	if cfg.Retention <= 0 {
		cfg.Retention = DefaultRetention
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.now == nil {
		cfg.now = time.Now
	}
	return &Service{cfg: cfg, turn: make(chan struct{}, 1)}
}

// begin waits for its turn and makes the directory. The caller calls done in the end.
func (s *Service) begin(ctx context.Context) (dir string, at time.Time, done func(), err error) {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return "", time.Time{}, nil, fmt.Errorf("waiting for another backup to end: %w", context.Cause(ctx))
	}
	defer func() {
		if err != nil {
			<-s.turn
		}
	}()
	dir, err = filepath.Abs(s.cfg.Dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return "", time.Time{}, nil, dirUnusable(s.cfg.Dir, err)
	}
	return dir, s.cfg.now().UTC(), func() { <-s.turn }, nil
}

func dirUnusable(dir string, err error) *failure.Error {
	return failure.New(failure.Unavailable, "backup-directory-unusable",
		"The backup directory %s cannot be used (%v). See that it can be written to and has room.", dir, reason(err)).Because(err)
}
