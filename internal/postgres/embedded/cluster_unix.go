//go:build unix

package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"peneira/internal/postgres/binaries"
)

// clusterMajor returns the major version of PostgreSQL that made the cluster, or 0 when there is none yet.
func clusterMajor(cluster string) (int, error) {
	text, err := os.ReadFile(filepath.Join(cluster, "PG_VERSION"))
	if err == nil {
		major, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			return 0, fmt.Errorf("%s is not a database of PostgreSQL: its PG_VERSION does not hold a version", cluster)
		}
		return major, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("reading the database's version: %w%s", err, ownerHint(cluster, err))
	}
	entries, err := os.ReadDir(cluster)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("reading the database's directory: %w%s", err, ownerHint(cluster, err))
	}
	if len(entries) > 0 {
		return 0, fmt.Errorf("%s holds files but no database of PostgreSQL: move it away to begin with an empty database", cluster)
	}
	return 0, nil
}

// ensureCluster makes the cluster where there is none, and sees to it that the server's user owns the one that is there.
func (p place) ensureCluster(ctx context.Context, cfg Config, programs binaries.Installation, log *serverLog) error {
	p.sweep()
	major, err := clusterMajor(p.cluster)
	if err != nil {
		return err
	}
	if major != 0 {
		return p.account.ownAll(p.cluster)
	}
	began := time.Now()
	if !cfg.Throwaway {
		cfg.Logger.InfoContext(ctx, "Making a new database.", "directory", p.cluster, "postgresql", programs.Version)
	}
	temporary, err := os.MkdirTemp(filepath.Dir(p.cluster), filepath.Base(p.cluster)+initMark)
	if err != nil {
		return fmt.Errorf("making the database's directory: %w%s", err, ownerHint(p.base, err))
	}
	err = p.fill(ctx, cfg, programs, temporary, log)
	if err == nil {
		err = p.install(temporary)
	}
	if err != nil {
		// What cannot be removed now is swept by the next start.
		_ = os.RemoveAll(temporary)
		return err
	}
	cfg.Logger.DebugContext(ctx, "Made a new database.", "took", time.Since(began).Round(time.Millisecond).String())
	return nil
}

// initMark stands in the name of a cluster that is being made.
const initMark = ".init-"

// sweep removes what a kill in the middle of making the cluster left. The lock on the directory is ours.
func (p place) sweep() {
	leftovers, _ := filepath.Glob(filepath.Join(filepath.Dir(p.cluster), filepath.Base(p.cluster)+initMark+"*"))
	for _, path := range leftovers {
		// An orphan that is still writing may hinder it; the next start tries again.
		_ = os.RemoveAll(path)
	}
}

// fill runs initdb in an empty directory.
func (p place) fill(ctx context.Context, cfg Config, programs binaries.Installation, dir string, log *serverLog) error {
	if err := p.account.own(dir); err != nil {
		return err
	}
	err := p.initdb(ctx, cfg, programs, dir, log, localeArgs(programs.Major, "C.UTF-8"))
	var failed *initError
	if errors.As(err, &failed) && strings.Contains(failed.output, "invalid locale name") {
		// A system without C.UTF-8: everything is kept and sorted alike, but case is folded for ASCII alone.
		if err := emptyDir(dir); err != nil {
			return err
		}
		err = p.initdb(ctx, cfg, programs, dir, log, localeArgs(programs.Major, "C"))
	}
	return err
}

// localeArgs chooses a sort order by bytes, which is fast and does not change under an index with the C library.
func localeArgs(major int, ctype string) []string {
	if major >= 17 {
		return []string{"--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"}
	}
	return []string{"--locale=C", "--lc-ctype=" + ctype}
}

type initError struct {
	err    error
	output string
}

func (e *initError) Error() string {
	return fmt.Sprintf("making the database with initdb: %v:\n%s", e.err, strings.TrimSpace(e.output))
}

func (e *initError) Unwrap() error { return e.err }

func (p place) initdb(ctx context.Context, cfg Config, programs binaries.Installation, dir string, log *serverLog, locale []string) error {
	args := append([]string{
		"--pgdata=" + dir, "--username=" + User, "--encoding=UTF8", "--data-checksums",
		// Whoever reaches the socket is let in: its directory is closed to others. There is no other way in.
		"--auth-local=trust", "--auth-host=reject", "--no-instructions",
	}, locale...)
	if cfg.Throwaway {
		args = append(args, "--no-sync")
	}
	//nolint:gosec // the program was found by us, or named by the operator
	cmd := exec.Command(programs.Path(binaries.InitDB), args...)
	cmd.Dir = dir
	cmd.Env = environment()
	cmd.SysProcAttr = p.account.attributes()
	dieWithParent(cmd.SysProcAttr, syscall.SIGKILL)
	output, err := os.CreateTemp("", "peneira-initdb-")
	if err != nil {
		return fmt.Errorf("making the database: %w", err)
	}
	defer func() { _ = output.Close() }()
	// Without a name it goes away by itself, even when we are killed.
	if err := os.Remove(output.Name()); err != nil {
		return fmt.Errorf("making the database: %w", err)
	}
	cmd.Stdout, cmd.Stderr = output, output
	process, err := launch(cmd)
	if err != nil {
		return fmt.Errorf("making the database: %w", err)
	}
	select {
	case <-process.done:
	case <-ctx.Done():
		process.killGroup()
		<-process.done
		return fmt.Errorf("making the database: %w", context.Cause(ctx))
	}
	if process.exit == nil {
		return nil
	}
	const maxOutputBytes = 1 << 20
	text, _ := io.ReadAll(io.NewSectionReader(output, 0, maxOutputBytes))
	log.write(text)
	return &initError{err: process.exit, output: string(lastLines(text))}
}

// install puts a finished cluster in its place, in one step that survives a crash of the machine.
func (p place) install(temporary string) error {
	// An empty directory may stand there; a full one makes this fail.
	if err := os.Remove(p.cluster); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("putting the database in its place: %w", err)
	}
	if err := os.Rename(temporary, p.cluster); err != nil {
		return fmt.Errorf("putting the database in its place: %w", err)
	}
	parent, err := os.Open(filepath.Dir(p.cluster))
	if err != nil {
		return fmt.Errorf("putting the database in its place: %w", err)
	}
	defer func() { _ = parent.Close() }()
	if err := parent.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) {
		return fmt.Errorf("putting the database in its place: %w", err)
	}
	return nil
}

func emptyDir(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("emptying %s: %w", dir, err)
	}
	for _, entry := range entries {
		if err := os.RemoveAll(filepath.Join(dir, entry.Name())); err != nil {
			return fmt.Errorf("emptying %s: %w", dir, err)
		}
	}
	return nil
}

// lastLines returns the end of a text, cut at a line: at most 4 KiB and 20 lines.
func lastLines(text []byte) []byte {
	const maxBytes, maxLines = 4 << 10, 20
	text = bytes.TrimRight(text, "\n")
	if len(text) > maxBytes {
		text = text[len(text)-maxBytes:]
		if i := bytes.IndexByte(text, '\n'); i >= 0 {
			text = text[i+1:]
		}
	}
	lines := bytes.Split(text, []byte("\n"))
	if len(lines) > maxLines {
		lines = lines[len(lines)-maxLines:]
	}
	return bytes.Join(lines, []byte("\n"))
}
