package backup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"peneira/internal/postgres/binaries"
)

// staleAge is how long nothing has been written to an unfinished backup before it counts as left by a killed process. A
// dump waits for locks, but not that long.
const staleAge = time.Hour

// Cleanup removes the backups that began longer ago than the retention, and unfinished ones that were left behind. Whatever
// its age, the newest database backup that pg_restore can read stays, and while there is none, all database backups do.
// Files of other names are left alone. In the bucket, if there is one, the same retention holds, and the newest copy of the
// database stays.
//
// It returns a failure of kind Unavailable when a file or a copy cannot be removed; the others are then removed all the same.
// Copies that the key to the bucket may not remove are left to the bucket's own rules, and the message says so.
func (s *Service) Cleanup(ctx context.Context) (Result, error) {
	dir, at, done, err := s.begin(ctx)
	if err != nil {
		return Result{}, err
	}
	defer done()
	files, err := list(dir)
	if err != nil {
		return Result{}, dirUnusable(dir, err)
	}
	expired, kept, err := s.sort(ctx, files, at)
	if err != nil {
		return Result{}, err
	}
	result := Result{At: at}
	var failed []error
	removed := 0
	for _, file := range expired {
		if err := os.Remove(file.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = append(failed, err)
			continue
		}
		removed++
		result.Bytes += file.bytes
	}
	if len(failed) > 0 {
		return Result{}, dirUnusable(dir, errors.Join(failed...))
	}
	result.Message = fmt.Sprintf("%s removed, %s freed; %s kept.", counted(removed, "old file is", "old files are"), size(result.Bytes), counted(kept, "backup is", "backups are"))
	said, err := s.cleanBucket(ctx, at)
	result.Message += said
	return result, err
}

// file is a regular file in the directory of the backups, or an object in the bucket, that is one of ours.
type file struct {
	path     string
	bytes    int64
	database bool
	// unfinished tells a temporary file, whose time is that of the last write; others have that of their name, which a copy
	// keeps.
	unfinished bool
	at         time.Time
}

// list returns our files, newest first.
func list(dir string) ([]file, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("listing the backups: %w", err)
	}
	var files []file
	for _, entry := range entries {
		if !entry.Type().IsRegular() {
			continue
		}
		info, err := entry.Info()
		if err != nil {
			continue // removed meanwhile
		}
		f := file{path: filepath.Join(dir, entry.Name()), bytes: info.Size()}
		ours := f.named(entry.Name())
		if !ours {
			f.at, f.unfinished = info.ModTime(), true
			ours = strings.HasPrefix(entry.Name(), temporaryPrefix)
		}
		if ours {
			files = append(files, f)
		}
	}
	newestFirst(files)
	return files, nil
}

// named takes from a name what kind of backup it is and when it began. It reports whether the name is one that we give.
func (f *file) named(name string) (ours bool) {
	if f.at, f.database = databaseKind.time(name); f.database {
		return true
	}
	f.at, ours = logsKind.time(name)
	return ours
}

func newestFirst(files []file) {
	slices.SortStableFunc(files, func(a, b file) int { return cmp.Or(b.at.Compare(a.at), cmp.Compare(b.path, a.path)) })
}

// sort tells which files are past their time, and how many backups stay.
func (s *Service) sort(ctx context.Context, files []file, now time.Time) (expired []file, kept int, err error) {
	var old []file // database backups
	good := false  // one that is newer than those was found
	for _, f := range files {
		age := now.Sub(f.at)
		switch {
		case f.unfinished && age > staleAge, !f.unfinished && !f.database && age > s.cfg.Retention:
			expired = append(expired, f)
		case f.unfinished:
		case f.database && age > s.cfg.Retention:
			old = append(old, f)
		default:
			kept++
		}
	}
	for _, f := range files {
		if len(old) == 0 || good {
			break
		}
		if !f.database {
			continue
		}
		if good, err = s.readable(ctx, f.path); err != nil {
			return nil, 0, err
		}
		if i := slices.Index(old, f); i >= 0 {
			// Newer ones that cannot be read are of no use, but they are not thrown away before a good one has come after.
			kept += i + 1
			old = old[i+1:]
		}
	}
	if len(old) > 0 && !good {
		s.cfg.Logger.WarnContext(ctx, "No database backup can be read; none is removed.", "directory", s.cfg.Dir)
		return expired, kept + len(old), nil
	}
	return append(expired, old...), kept, nil
}

// readable reports whether pg_restore can read a backup. Where there is no pg_restore, the mark at its beginning has to do.
func (s *Service) readable(ctx context.Context, path string) (bool, error) {
	query := binaries.Query{Programs: []string{binaries.PgRestore}, Places: s.cfg.places}
	if s.cfg.BinDir != "" {
		query.Near = []string{s.cfg.BinDir}
	}
	programs, err := binaries.Find(ctx, query)
	switch {
	case err == nil:
		err = verify(ctx, programs, path)
		if err != nil && strings.Contains(err.Error(), "unsupported version (1.") {
			// Made by a newer PostgreSQL than this pg_restore is of: that does not make it bad.
			err = checkMark(path)
		}
	case errors.Is(err, binaries.ErrNotFound):
		err = checkMark(path)
	}
	if ctx.Err() != nil {
		return false, fmt.Errorf("cleaning up the backups: %w", context.Cause(ctx))
	}
	if err != nil {
		s.cfg.Logger.WarnContext(ctx, "A database backup cannot be read.", "path", path, "error", err)
	}
	return err == nil, nil
}

// checkMark reads the letters that every dump in the custom format begins with.
func checkMark(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("opening the backup: %w", err)
	}
	defer func() { _ = file.Close() }()
	const mark = "PGDMP"
	found := make([]byte, len(mark))
	if _, err := file.ReadAt(found, 0); err != nil || string(found) != mark {
		return errors.New("it does not begin as a dump of pg_dump does")
	}
	return nil
}
