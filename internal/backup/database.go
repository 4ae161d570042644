package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"peneira/internal/failure"
	"peneira/internal/postgres/binaries"
)

const (
	// connectPatience bounds the question for the server's version.
	connectPatience = 10 * time.Second
	// lockPatience is how long a dump waits for a table that somebody has locked, as a migration does.
	lockPatience = 5 * time.Minute
	// maxMessageBytes bounds what is kept of what a program says.
	maxMessageBytes = 8 << 10
)

// Database copies the whole database with pg_dump, in its custom format, and checks the copy with pg_restore.
//
// It returns a failure of kind Unavailable when the programs are missing or too old, the database cannot be reached, the
// directory cannot be written to, or pg_dump fails; nothing is left behind then. It returns one, with the result, when only
// the copy to the bucket fails. When ctx ends, so does pg_dump.
func (s *Service) Database(ctx context.Context) (Result, error) {
	dir, at, done, err := s.begin(ctx)
	if err != nil {
		return Result{}, err
	}
	defer done()
	env, err := connection(s.cfg.DatabaseURL)
	if err != nil {
		return Result{}, err
	}
	programs, err := s.programs(ctx)
	if err != nil {
		return Result{}, err
	}
	draft, err := newDraft(dir)
	if err != nil {
		return Result{}, err
	}
	defer draft.discard()
	if err := run(ctx, programs.Path(binaries.PgDump), env, draft.file,
		// The custom format lets parts be restored, and in parallel. The weakest compression takes a third of the time of
		// the default one, and executions go on beside it.
		"--format=custom", "--compress=1", "--no-password",
		"--lock-wait-timeout="+strconv.FormatInt(lockPatience.Milliseconds(), 10)); err != nil {
		return Result{}, err
	}
	bytes, err := draft.sync()
	if err != nil {
		return Result{}, err
	}
	if err := verify(ctx, programs, draft.path()); err != nil {
		return Result{}, err
	}
	path, err := draft.publish(databaseKind.name(at))
	if err != nil {
		return Result{}, err
	}
	made := Result{Path: path, Bytes: bytes, Message: "The database is backed up and the copy checked: " + size(bytes) + ".", At: at}
	return s.copyOut(ctx, made)
}

// programs finds a pg_dump that is not older than the server, and its pg_restore.
func (s *Service) programs(ctx context.Context) (binaries.Installation, error) {
	major, err := s.serverMajor(ctx)
	if err != nil {
		return binaries.Installation{}, err
	}
	query := binaries.Query{Programs: []string{binaries.PgDump, binaries.PgRestore}, AtLeast: major, Places: s.cfg.places}
	if s.cfg.BinDir != "" {
		query.Near = []string{s.cfg.BinDir}
	}
	found, err := binaries.Find(ctx, query)
	if errors.Is(err, binaries.ErrNotFound) {
		return binaries.Installation{}, failure.New(failure.Unavailable, "backup-programs-missing",
			"The server of the database is PostgreSQL %d, and this machine has no pg_dump and pg_restore of that version or newer. "+
				"Install them (Debian, Ubuntu: apt install postgresql-client-%d; macOS: brew install postgresql@%d), "+
				"or set PG_BIN to their directory.", major, major, major).Because(err)
	}
	if err != nil {
		return binaries.Installation{}, fmt.Errorf("looking for pg_dump: %w", err)
	}
	return found, nil
}

// serverMajor asks the server for its version.
func (s *Service) serverMajor(ctx context.Context) (int, error) {
	limited, cancel := context.WithTimeout(ctx, connectPatience)
	defer cancel()
	cfg, err := parseAddress(s.cfg.DatabaseURL)
	if err != nil {
		return 0, err
	}
	conn, err := pgx.ConnectConfig(limited, cfg)
	if err != nil {
		if ctx.Err() != nil {
			return 0, fmt.Errorf("backing up the database: %w", context.Cause(ctx))
		}
		return 0, failure.New(failure.Unavailable, "database-unavailable",
			"The database cannot be reached now. Try again later.").Because(err)
	}
	version := conn.PgConn().ParameterStatus("server_version")
	_ = conn.Close(limited) // nothing was done that could be lost
	digits := strings.IndexFunc(version, func(r rune) bool { return r < '0' || r > '9' })
	if digits < 0 {
		digits = len(version)
	}
	major, err := strconv.Atoi(version[:digits])
	if err != nil {
		return 0, fmt.Errorf("the server says that its version is %q", version)
	}
	return major, nil
}

// verify has pg_restore read the table of contents of a dump.
func verify(ctx context.Context, programs binaries.Installation, path string) error {
	return run(ctx, programs.Path(binaries.PgRestore), programEnvironment(os.Environ()), io.Discard, "--list", path)
}

// run runs a program with its output going to a file. What it complains about is in the error; when ctx ends it is killed.
func run(ctx context.Context, program string, env []string, output io.Writer, args ...string) error {
	//nolint:gosec // the program was found by us, or named by the operator
	cmd := exec.CommandContext(ctx, program, args...)
	complaints := &head{}
	cmd.Env, cmd.Stdout, cmd.Stderr = env, output, complaints
	cmd.WaitDelay = 5 * time.Second
	err := cmd.Run()
	if err == nil {
		return nil
	}
	name := strings.TrimSuffix(cmd.Path[strings.LastIndexAny(cmd.Path, `/\`)+1:], ".exe")
	if ctx.Err() != nil {
		return fmt.Errorf("%s was interrupted: %w", name, context.Cause(ctx))
	}
	return failure.New(failure.Unavailable, "backup-failed", "The backup failed, and nothing was kept of it: %s.",
		complaints.first(name)).Because(fmt.Errorf("running %s: %w: %s", program, err, complaints.text))
}

// head keeps the beginning of what is written to it, where the reason stands.
type head struct{ text []byte }

func (h *head) Write(p []byte) (int, error) {
	h.text = append(h.text, p[:min(len(p), maxMessageBytes-len(h.text))]...)
	return len(p), nil
}

// first returns the first line, without the full stop.
func (h *head) first(program string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(h.text)), "\n")
	if line == "" {
		return program + " gave no reason"
	}
	line = strings.TrimRight(strings.ToValidUTF8(line, "\uFFFD"), ". \r")
	if !strings.HasPrefix(line, program) {
		line = program + ": " + line
	}
	return line
}
