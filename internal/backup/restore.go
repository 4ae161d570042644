package backup

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"peneira/internal/failure"
	"peneira/internal/postgres"
	"peneira/internal/postgres/binaries"
)

// RestoreConfig says what is restored, and into what.
type RestoreConfig struct {
	// File is a dump that Database made.
	File string
	// DatabaseURL is the address of the database. Nobody else may work on it.
	DatabaseURL string
	// Force lets what is in the database be replaced. It is dropped only after the dump is restored; until then, whatever
	// fails leaves it as it was.
	Force bool
	// BinDir is where to look for pg_restore first. Default: the PATH and the usual places of the system.
	BinDir string
	// Logger is told what deserves attention. Default: silence.
	Logger *slog.Logger

	// places are where else to look for the program. Default: the usual ones; tests look nowhere.
	places []string
}

// Restored tells what was restored.
type Restored struct {
	Schema int64 // version of the schema that the dump holds
}

// Restore brings a dump back into a database: tables and their partitions, functions, triggers, rights, and the jobs of the
// queue, so that what had not run goes on when the service starts. It does so in one transaction.
//
// It returns a failure of kind Invalid when the file is no dump of this service or its schema is newer than this program;
// of kind Conflict when the database is not empty and Force is not set, when a service works on it, or when its server is
// older than the one that was dumped; and of kind Unavailable when pg_restore is missing or older than the dump, or when
// it fails.
func Restore(ctx context.Context, cfg RestoreConfig) (_ Restored, err error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	head, err := readHeader(cfg.File)
	if err != nil {
		return Restored{}, failure.New(failure.Invalid, "not-a-dump", "The file %s cannot be restored: %v.", cfg.File, reason(err)).Because(err)
	}
	target, err := postgres.OpenTarget(ctx, cfg.DatabaseURL)
	if err != nil {
		return Restored{}, err
	}
	defer func() { _ = target.Close(context.WithoutCancel(ctx)) }()
	r := &restore{RestoreConfig: cfg, target: target}
	if r.program, err = r.findProgram(ctx, head); err != nil {
		return Restored{}, err
	}
	schema, err := r.checkSchema(ctx)
	if err != nil {
		return Restored{}, err
	}
	filled, err := r.checkTarget(ctx)
	if err != nil {
		return Restored{}, err
	}
	return Restored{Schema: schema}, r.replace(ctx, filled)
}

// restore is one restoring.
type restore struct {
	RestoreConfig
	target  *postgres.Target
	program string // pg_restore
}

// findProgram finds a pg_restore that can read the dump and suits the server.
func (r *restore) findProgram(ctx context.Context, head header) (string, error) {
	server, err := r.target.Major()
	if err != nil {
		return "", err
	}
	if head.server > server {
		return "", failure.New(failure.Conflict, "server-too-old",
			"The dump is of a PostgreSQL %d, and the server to restore into is PostgreSQL %d. Restore into PostgreSQL %d or newer.",
			head.server, server, head.server)
	}
	need := max(server, head.dumper)
	query := binaries.Query{Programs: []string{binaries.PgRestore}, AtLeast: need, Places: r.places}
	if r.BinDir != "" {
		query.Near = []string{r.BinDir}
	}
	found, err := binaries.Find(ctx, query)
	if errors.Is(err, binaries.ErrNotFound) {
		return "", failure.New(failure.Unavailable, "restore-program-missing",
			"The dump was made by pg_dump %d, the server is PostgreSQL %d, and this machine has no pg_restore of version %d or newer. "+
				"Install it (Debian, Ubuntu: apt install postgresql-client-%d; macOS: brew install postgresql@%d), "+
				"or set PG_BIN to its directory.", head.dumper, server, need, need, need).Because(err)
	}
	if err != nil {
		return "", fmt.Errorf("looking for pg_restore: %w", err)
	}
	return found.Path(binaries.PgRestore), nil
}

// checkSchema reads the version of the schema in the dump, without restoring anything.
func (r *restore) checkSchema(ctx context.Context) (int64, error) {
	known, err := postgres.ProgramSchema()
	if err != nil {
		return 0, err
	}
	var rows bytes.Buffer
	if err := r.run(ctx, programEnvironment(os.Environ()), &rows, "--data-only", "--table=goose_db_version", "--file=-", r.File); err != nil {
		return 0, err
	}
	version := newestMigration(&rows)
	switch {
	case version == 0:
		return 0, failure.New(failure.Invalid, "not-a-dump", "The file %s is a dump, but not of Peneira: it holds no migrations.", r.File)
	case version > known:
		return 0, failure.New(failure.Invalid, "schema-too-new",
			"The dump has version %d of the schema, and this program knows only up to %d. Restore it with the version of Peneira that made it, or a newer one.",
			version, known)
	}
	return version, nil
}

// newestMigration reads rows of goose's table as pg_restore writes them: id, version and whether it is applied come first.
func newestMigration(rows io.Reader) (newest int64) {
	for lines := bufio.NewScanner(rows); lines.Scan(); {
		fields := strings.Split(lines.Text(), "\t")
		if len(fields) < 3 || fields[2] != "t" {
			continue
		}
		if version, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
			newest = max(newest, version)
		}
	}
	return newest
}

// checkTarget refuses a database in use, and one that is not empty unless told to replace what is in it.
func (r *restore) checkTarget(ctx context.Context) (filled bool, err error) {
	services, err := r.target.Services(ctx)
	if err != nil {
		return false, err
	}
	if services > 0 {
		return false, failure.New(failure.Conflict, "database-in-use",
			"Peneira works on this database (%s). Stop every process of it first.", counted(services, "connection", "connections"))
	}
	if err := r.putBack(ctx); err != nil {
		return false, err
	}
	relations, err := r.target.Relations(ctx)
	if err != nil {
		return false, err
	}
	if relations > 0 && !r.Force {
		return false, failure.New(failure.Conflict, "database-not-empty",
			"The database is not empty (%s). Restore into an empty one, or replace what is in its schema public with --force.",
			counted(relations, "relation", "relations"))
	}
	return relations > 0, nil
}

// putBack ends an earlier restore that was broken off: the database becomes again what it was before.
func (r *restore) putBack(ctx context.Context) error {
	unfinished, err := r.target.Unfinished(ctx)
	if err != nil || !unfinished {
		return err
	}
	r.Logger.WarnContext(ctx, "An earlier restore was broken off. What was in the database before it is put back first.")
	if err := r.target.PutBack(ctx); err != nil {
		return fmt.Errorf("putting back what an earlier restore set aside: %w", err)
	}
	return nil
}

// restoreSlack bounds what is tidied up after a restoring has failed or was called off.
const restoreSlack = 5 * time.Minute

// replace restores the dump. What was there before is set aside meanwhile, and put back if that fails.
func (r *restore) replace(ctx context.Context, filled bool) (err error) {
	flags, err := r.prepareRoles(ctx)
	if err != nil {
		return err
	}
	env, err := connection(r.DatabaseURL)
	if err != nil {
		return err
	}
	address, err := parseAddress(r.DatabaseURL)
	if err != nil {
		return err
	}
	if filled {
		if err := r.target.SetAside(ctx); err != nil {
			return fmt.Errorf("setting aside what is in the database: %w", err)
		}
	}
	// The name is all that pg_restore must be told besides the environment; it would read one with "=" as more than that.
	name := "dbname='" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(address.Database) + "'"
	args := append([]string{"--dbname=" + name, "--single-transaction", "--exit-on-error", "--no-owner", "--no-password"}, flags...)
	err = r.run(ctx, env, io.Discard, append(args, r.File)...)
	if err == nil {
		err = r.target.SettleAccess(ctx)
	}
	if !filled {
		return err
	}
	tidying, cancel := context.WithTimeout(context.WithoutCancel(ctx), restoreSlack)
	defer cancel()
	if err != nil {
		if back := r.target.PutBack(tidying); back != nil {
			return errors.Join(err, fmt.Errorf("what was in the database is in its schema peneira_set_aside: %w", back))
		}
		return err
	}
	if err := r.target.DropSetAside(tidying); err != nil {
		return fmt.Errorf("the dump is restored; dropping what was there before, in the schema peneira_set_aside: %w", err)
	}
	return nil
}

// grant finds the role that a right is given to.
var grant = regexp.MustCompile(`(?m)^GRANT .* TO ("(?:[^"]|"")+"|\S+?)(?: WITH GRANT OPTION)?;$`)

// prepareRoles makes the roles that the dump gives rights to and the server lacks. Where that is not allowed, no rights are
// restored, and it returns the flag for that.
func (r *restore) prepareRoles(ctx context.Context) (flags []string, err error) {
	var schema bytes.Buffer
	if err := r.run(ctx, programEnvironment(os.Environ()), &schema, "--schema-only", "--no-owner", "--file=-", r.File); err != nil {
		return nil, err
	}
	names := []string{}
	for _, match := range grant.FindAllSubmatch(schema.Bytes(), -1) {
		name := string(match[1])
		if quoted, ok := strings.CutPrefix(name, `"`); ok {
			name = strings.ReplaceAll(strings.TrimSuffix(quoted, `"`), `""`, `"`)
		} else if name == "PUBLIC" {
			continue
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if err := r.target.MakeRoles(ctx, names); err != nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("restoring: %w", context.Cause(ctx))
		}
		r.Logger.WarnContext(ctx, "The roles of the dump cannot all be made, so no rights of roles are restored.", "roles", names, "error", err)
		return []string{"--no-privileges"}, nil
	}
	return nil, nil
}

// run runs pg_restore. Its failure is told as one of restoring.
func (r *restore) run(ctx context.Context, env []string, output io.Writer, args ...string) error {
	err := run(ctx, r.program, env, output, args...)
	if known, ok := errors.AsType[*failure.Error](err); ok {
		return failure.New(known.Kind, "restore-failed", "%s", strings.Replace(known.Detail,
			"The backup failed, and nothing was kept of it", "The dump cannot be restored, and the database is as it was", 1)).Because(err)
	}
	return err
}
