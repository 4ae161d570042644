package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"peneira/db"
	"peneira/internal/failure"
)

// errInvalidURL says nothing more: the parser's own error may repeat the password.
var errInvalidURL = errors.New("DATABASE_URL is not a valid PostgreSQL URL or connection string")

// migrationLock is the key of the advisory lock that lets one process migrate at a time. Any fixed number does.
const migrationLock = 0x70656e65697261 // "peneira"

// Migrate brings the database at url to the schema of this program. It is safe when several processes call it at once:
// they wait for one another exactly as long as needed. It returns the number of migrations applied,
// and a failure of kind Conflict when a restore into the database was broken off: what is there is not what people left.
func Migrate(ctx context.Context, url string) (int, error) {
	provider, closeDB, err := migrationProvider(url)
	if err != nil {
		return 0, err
	}
	defer closeDB()
	if err := refuseUnfinished(ctx, url); err != nil {
		return 0, err
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return 0, translate(fmt.Errorf("migrate the database: %w", err))
	}
	return len(results), nil
}

// refuseUnfinished keeps a service from starting on what a restore left that was broken off: an empty schema, with all data,
// keys included, in another.
func refuseUnfinished(ctx context.Context, url string) error {
	target, err := OpenTarget(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = target.Close(context.WithoutCancel(ctx)) }()
	unfinished, err := target.Unfinished(ctx)
	if err != nil {
		return err
	}
	if unfinished {
		return failure.New(failure.Conflict, "restore-unfinished", "A restore into this database was broken off, and what was there "+
			"before is in its schema peneira_set_aside. Run peneira restore FILE --force again: it puts that back, and restores anew.")
	}
	return nil
}

// SchemaVersion returns the version of the database's schema and that of this program's.
func SchemaVersion(ctx context.Context, url string) (database, program int64, err error) {
	provider, closeDB, err := migrationProvider(url)
	if err != nil {
		return 0, 0, err
	}
	defer closeDB()
	database, program, err = provider.GetVersions(ctx)
	return database, program, translate(err)
}

// ProgramSchema returns the version of the schema that this program brings databases to.
func ProgramSchema() (int64, error) {
	files, err := fs.Glob(db.Migrations, "migrations/*.sql")
	if err != nil {
		return 0, fmt.Errorf("read the migrations: %w", err)
	}
	var newest int64
	for _, file := range files {
		version, err := goose.NumericComponent(file)
		if err != nil {
			return 0, fmt.Errorf("read the migrations: %w", err)
		}
		newest = max(newest, version)
	}
	return newest, nil
}

func migrationProvider(url string) (*goose.Provider, func(), error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, nil, errInvalidURL
	}
	files, err := fs.Sub(db.Migrations, "migrations")
	if err != nil {
		return nil, nil, fmt.Errorf("read the migrations: %w", err)
	}
	conns := stdlib.OpenDB(*cfg)
	provider, err := goose.NewProvider(goose.DialectPostgres, conns, files, goose.WithSessionLocker(advisoryLock{}))
	if err != nil {
		_ = conns.Close()
		return nil, nil, fmt.Errorf("read the migrations: %w", err)
	}
	return provider, func() { _ = conns.Close() }, nil
}

// advisoryLock waits inside PostgreSQL. goose's own locker polls: four processes starting together came up five seconds
// after one another.
type advisoryLock struct{}

// SessionLock implements lock.SessionLocker.
func (advisoryLock) SessionLock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", int64(migrationLock))
	return err
}

// SessionUnlock implements lock.SessionLocker.
func (advisoryLock) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", int64(migrationLock))
	return err
}

// MigrateDown takes every migration back, and with them all data. It is for tests and for starting over.
func MigrateDown(ctx context.Context, url string) error {
	provider, closeDB, err := migrationProvider(url)
	if err != nil {
		return err
	}
	defer closeDB()
	if _, err := provider.DownTo(ctx, 0); err != nil {
		return translate(fmt.Errorf("take the migrations back: %w", err))
	}
	return nil
}
