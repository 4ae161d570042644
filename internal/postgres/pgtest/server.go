package pgtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"peneira/db"
	"peneira/internal/postgres"
)

// server is a PostgreSQL server to make databases on.
type server struct {
	url      string // of a superuser
	template func() (string, error)
	stop     func()
}

// findServer returns the server that the environment names, or starts one.
func findServer() (*server, error) {
	s := &server{url: os.Getenv(URLVariable), stop: func() {}}
	if s.url == "" {
		throwaway, err := StartThrowaway(context.Background())
		if err != nil {
			return nil, err
		}
		s.url, s.stop = throwaway.URL, throwaway.Stop
	}
	s.template = sync.OnceValues(s.ensureTemplate)
	return s, nil
}

// exec runs one statement on a connection of its own, so that nothing is left open between tests.
func (s *server) exec(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, s.url)
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}

// copy makes a database from a template by copying its files. Where the server can also do it page by page through its log
// (since 15, and by default), that takes several times as long.
func (s *server) copy(ctx context.Context, name, template string) error {
	conn, err := pgx.Connect(ctx, s.url)
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	statement := fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", quote(name), quote(template))
	if conn.PgConn().ParameterStatus("server_version") >= "15" {
		statement += " STRATEGY FILE_COPY"
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}

// ensureTemplate makes the migrated database that others are copied from, once per server and state of the migrations.
func (s *server) ensureTemplate() (name string, err error) {
	sum, err := migrationsHash()
	if err != nil {
		return "", err
	}
	name = "peneira_template_" + sum
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.url)
	if err != nil {
		return "", fmt.Errorf("connecting: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()

	// The tests of several packages run at once: one makes the template, the others wait. The lock ends with the session.
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", lockKey(name)); err != nil {
		return "", fmt.Errorf("locking: %w", err)
	}
	var done bool
	// It becomes a template as the last step, so one that is not was left half-made.
	const finished = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1 AND datistemplate)"
	if err := conn.QueryRow(ctx, finished, name).Scan(&done); err != nil {
		return "", fmt.Errorf("looking for the template: %w", err)
	}
	if done {
		return name, nil
	}
	for _, statement := range []string{
		"DROP DATABASE IF EXISTS " + quote(name) + " WITH (FORCE)",
		"CREATE DATABASE " + quote(name) + " TEMPLATE template0",
	} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return "", fmt.Errorf("making the template: %w", err)
		}
	}
	if _, err := postgres.Migrate(ctx, withDatabase(s.url, name)); err != nil {
		return "", fmt.Errorf("migrating the template: %w", err)
	}
	// A database that somebody is connected to cannot be copied.
	if _, err := conn.Exec(ctx, "ALTER DATABASE "+quote(name)+" IS_TEMPLATE true ALLOW_CONNECTIONS false"); err != nil {
		return "", fmt.Errorf("closing the template: %w", err)
	}
	return name, nil
}

// migrationsHash tells one state of the migrations from another.
func migrationsHash() (string, error) {
	hash := sha256.New()
	err := fs.WalkDir(db.Migrations, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(db.Migrations, path)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(hash, "%s %d\n%s", path, len(text), text)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("reading the migrations: %w", err)
	}
	return hex.EncodeToString(hash.Sum(nil)[:8]), nil
}

func lockKey(name string) int64 {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(name)) // never fails
	return int64(hash.Sum64())      //nolint:gosec // any number does
}

// withDatabase returns the same address with another database.
func withDatabase(address, database string) string {
	if !strings.Contains(address, "://") {
		return address + " dbname=" + database // the last one counts
	}
	parsed, err := url.Parse(address)
	if err != nil {
		return address // connecting to it says what is wrong with it
	}
	parsed.Path = "/" + database
	return parsed.String()
}
