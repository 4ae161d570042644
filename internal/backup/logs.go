package backup

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"peneira/internal/failure"
)

// Logs archives the files of the log directory, those in directories below it included. Only regular files count: a
// symbolic link could lead to what is no log, and a pipe would never end.
//
// Without any file it succeeds and says so. It returns a failure of kind Unavailable when a file cannot be read or the
// directory of the backups cannot be written to, and one, with the result, when only the copy to the bucket fails.
func (s *Service) Logs(ctx context.Context) (Result, error) {
	dir, at, done, err := s.begin(ctx)
	if err != nil {
		return Result{}, err
	}
	defer done()
	none := Result{Message: "There are no log files to archive in " + s.cfg.LogDir + ".", At: at}
	root, err := os.OpenRoot(s.cfg.LogDir)
	if errors.Is(err, fs.ErrNotExist) {
		return none, nil
	}
	if err != nil {
		return Result{}, logUnreadable(s.cfg.LogDir, err)
	}
	defer func() { _ = root.Close() }()
	files, err := logFiles(ctx, root, dir)
	if err != nil {
		return Result{}, err
	}
	if len(files) == 0 {
		return none, nil
	}
	draft, err := newDraft(dir)
	if err != nil {
		return Result{}, err
	}
	defer draft.discard()
	archived, err := archive(ctx, draft, root, files)
	if err != nil {
		return Result{}, err
	}
	bytes, err := draft.sync()
	if err != nil {
		return Result{}, err
	}
	path, err := draft.publish(logsKind.name(at))
	if err != nil {
		return Result{}, err
	}
	message := fmt.Sprintf("%s archived: %s.", counted(archived, "log file is", "log files are"), size(bytes))
	return s.copyOut(ctx, Result{Path: path, Bytes: bytes, Message: message, At: at})
}

func logUnreadable(path string, err error) *failure.Error {
	return failure.New(failure.Unavailable, "log-unreadable",
		"The log %s cannot be read (%v). See that the service may read it.", path, reason(err)).Because(err)
}

// logFiles lists the regular files below the root, but for those of the backups' own directory.
func logFiles(ctx context.Context, root *os.Root, backups string) ([]string, error) {
	own, err := os.Stat(backups)
	if err != nil {
		return nil, dirUnusable(backups, err)
	}
	var files []string
	err = fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("archiving the logs: %w", context.Cause(ctx))
		case errors.Is(err, fs.ErrNotExist):
			return nil // rotated away meanwhile
		case err != nil:
			return logUnreadable(filepath.Join(root.Name(), name), err)
		case entry.IsDir():
			// The backups may stand below the logs. When they stand among them, their names tell them apart.
			if info, err := entry.Info(); err == nil && name != "." && os.SameFile(info, own) {
				return fs.SkipDir
			}
		case entry.Type().IsRegular() && !isOurs(entry.Name()):
			files = append(files, name)
		}
		return nil
	})
	return files, err
}

func isOurs(name string) bool {
	_, dump := databaseKind.time(name)
	_, logs := logsKind.time(name)
	return dump || logs || strings.HasPrefix(name, temporaryPrefix)
}

// archive writes the files as a compressed tar archive and returns how many there were.
func archive(ctx context.Context, to *draft, root *os.Root, files []string) (int, error) {
	compressed := gzip.NewWriter(to.file)
	packed := tar.NewWriter(compressed)
	archived := 0
	for _, name := range files {
		if ctx.Err() != nil {
			return 0, fmt.Errorf("archiving the logs: %w", context.Cause(ctx))
		}
		found, err := archiveFile(packed, root, name)
		if errors.Is(err, errWriting) {
			return 0, dirUnusable(to.dir, err)
		}
		if err != nil {
			return 0, err
		}
		if found {
			archived++
		}
	}
	if err := errors.Join(packed.Close(), compressed.Close()); err != nil {
		return 0, dirUnusable(to.dir, err)
	}
	return archived, nil
}

// archiveFile adds one file as it is at this moment. It is being written to: what is added later is left out, and where it is
// cut meanwhile, zeros stand for what has gone. It returns false for a file that is not there any more.
func archiveFile(packed *tar.Writer, root *os.Root, name string) (bool, error) {
	file, err := openLog(root, name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, logUnreadable(filepath.Join(root.Name(), name), err)
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return false, logUnreadable(filepath.Join(root.Name(), name), err)
	}
	if !info.Mode().IsRegular() {
		return false, nil // exchanged meanwhile
	}
	header := &tar.Header{
		Name: filepath.ToSlash(name), Size: info.Size(), Mode: int64(info.Mode().Perm()), ModTime: info.ModTime(), Format: tar.FormatPAX,
	}
	if err := packed.WriteHeader(header); err != nil {
		return false, fmt.Errorf("%w %s: %w", errWriting, name, err)
	}
	source := &watched{file: file}
	if _, err := io.CopyN(packed, io.MultiReader(source, zeros{}), info.Size()); err != nil {
		if source.err != nil {
			return false, logUnreadable(filepath.Join(root.Name(), name), source.err)
		}
		return false, fmt.Errorf("%w %s: %w", errWriting, name, err)
	}
	return true, nil
}

var errWriting = errors.New("archiving")

// watched is a file that remembers why it could not be read.
type watched struct {
	file io.Reader
	err  error
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.file.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}

// zeros is an endless source of zeros.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
