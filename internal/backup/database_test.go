package backup

import (
	"context"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"peneira/internal/postgres/pgtest"
)

// fill puts rows into a database that are not easy to carry.
const fill = `
CREATE TABLE hard (n int PRIMARY KEY, t text, j json, b bytea, at timestamptz);
INSERT INTO hard SELECT n, E'tab\there, ação, \\N, quote ''' || n, ('{"b":1,"a":' || n || ',"a":1.50}')::json,
	decode(md5(n::text), 'hex'), '2026-01-01Z'::timestamptz + n * interval '1 second' FROM generate_series(1, 1000) n;
INSERT INTO hard (n) VALUES (0);`

func exec1(t *testing.T, address, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// fingerprints returns the rows of each table as a checksum.
func fingerprints(t *testing.T, address string) map[string]string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	rows, err := conn.Query(t.Context(), "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	prints := make(map[string]string)
	for _, table := range tables {
		var sum string
		const query = "SELECT count(*) || ' ' || coalesce(md5(string_agg(r::text, '|' ORDER BY r::text)), '') FROM "
		if err := conn.QueryRow(t.Context(), query+pgx.Identifier{table}.Sanitize()+" r").Scan(&sum); err != nil {
			t.Fatal(err)
		}
		prints[table] = sum
	}
	return prints
}

func TestDatabaseComesBack(t *testing.T) {
	t.Parallel()
	address := pgtest.URL(t)
	exec1(t, address, fill)
	s, cfg := setup(t, func(cfg *Config) {
		atNoon(cfg)
		cfg.DatabaseURL = address
		cfg.Dir = filepath.Join(cfg.Dir, "-v 'hostile' $(name)", "ação")
	})
	result, err := s.Database(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(cfg.Dir, "peneira-20260701T120000.123Z.dump"); result.Path != want || !result.At.Equal(noon) || result.At.Location() != time.UTC {
		t.Errorf("the result is %+v", result)
	}
	info, err := os.Stat(result.Path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() != result.Bytes || result.Bytes == 0 || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has %d bytes and mode %v; the result says %d", info.Size(), info.Mode(), result.Bytes)
	}
	if dir, err := os.Stat(cfg.Dir); err != nil || dir.Mode().Perm() != 0o700 {
		t.Errorf("the directory's mode: %v, %v", dir.Mode(), err)
	}
	if found := names(t, cfg.Dir); len(found) != 1 {
		t.Errorf("the directory holds %q", found)
	}
	if !strings.Contains(result.Message, "backed up") {
		t.Errorf("the message is %q", result.Message)
	}

	restored := pgtest.EmptyURL(t)
	out, err := exec.CommandContext(t.Context(), installed(t).Path("pg_restore"), "--exit-on-error", "--dbname="+restored, result.Path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want, got := fingerprints(t, address), fingerprints(t, restored)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what was restored differs (-want +got):\n%s", diff)
	}
	if len(want) < 3 || !strings.HasPrefix(want["hard"], "1001 ") {
		t.Errorf("the test compares too little: %v", want)
	}
}

func TestDatabaseTwiceAtOnce(t *testing.T) {
	t.Parallel()
	address := pgtest.EmptyURL(t)
	moment := noon
	s, cfg := setup(t, func(cfg *Config) {
		cfg.DatabaseURL = address
		cfg.now = func() time.Time { // called by one at a time
			moment = moment.Add(time.Millisecond)
			return moment
		}
	})
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			if _, err := s.Database(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if found := names(t, cfg.Dir); len(found) != 3 {
		t.Errorf("the directory holds %q", found)
	}
}

func TestDatabaseNeverOverwrites(t *testing.T) {
	t.Parallel()
	address := pgtest.EmptyURL(t)
	s, cfg := setup(t, func(cfg *Config) {
		atNoon(cfg)
		cfg.DatabaseURL = address
	})
	path := filepath.Join(cfg.Dir, databaseKind.name(noon))
	write(t, path, "another's")
	if _, err := s.Database(t.Context()); err == nil {
		t.Error("no error")
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "another's" {
		t.Errorf("the file now holds %q (%v)", text, err)
	}
	if found := names(t, cfg.Dir); len(found) != 1 {
		t.Errorf("the directory holds %q", found)
	}
}

func TestDatabaseFailures(t *testing.T) {
	t.Parallel()
	address := pgtest.EmptyURL(t)
	for name, c := range map[string]struct {
		change func(*testing.T, *Config)
		code   string
		detail []string
	}{
		"no programs": {func(_ *testing.T, cfg *Config) {
			cfg.places = []string{}
		}, "backup-programs-missing", []string{"no pg_dump and pg_restore", "apt install postgresql-client-", "PG_BIN"}},
		"programs too old": {func(t *testing.T, cfg *Config) {
			t.Helper()
			cfg.places, cfg.BinDir = []string{}, fake(t, "14.1", "", "")
		}, "backup-programs-missing", []string{"The server of the database is PostgreSQL 1", "of that version or newer"}},
		"no database": {func(_ *testing.T, cfg *Config) {
			cfg.DatabaseURL = "postgres://user:secret@127.0.0.1:1/none"
		}, "database-unavailable", []string{"Try again later"}},
		"a directory that is a file": {func(t *testing.T, cfg *Config) {
			t.Helper()
			write(t, cfg.Dir, "")
		}, "backup-directory-unusable", []string{"cannot be used"}},
		"pg_dump fails": {func(t *testing.T, cfg *Config) {
			t.Helper()
			cfg.BinDir = fake(t, "99.1", "echo half; echo 'pg_dump: error: no room.' >&2; echo more >&2; exit 1", "")
		}, "backup-failed", []string{"pg_dump: error: no room."}},
		"pg_dump says nothing": {func(t *testing.T, cfg *Config) {
			t.Helper()
			cfg.BinDir = fake(t, "99.1", "exit 3", "")
		}, "backup-failed", []string{"pg_dump gave no reason"}},
		"pg_dump says too much": {func(t *testing.T, cfg *Config) {
			t.Helper()
			cfg.BinDir = fake(t, "99.1", "head -c 1000000 /dev/zero >&2; exit 3", "")
		}, "backup-failed", nil},
		"what was dumped is no dump": {func(t *testing.T, cfg *Config) {
			t.Helper()
			cfg.BinDir = fake(t, "99.1", "echo rubbish", "exec "+installed(t).Path("pg_restore")+` "$@"`)
		}, "backup-failed", []string{"pg_restore: error: input file"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, cfg := setup(t, func(cfg *Config) {
				cfg.DatabaseURL = address
				c.change(t, cfg)
			})
			_, err := s.Database(t.Context())
			unavailable(t, err, c.code, c.detail...)
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error holds the password: %v", err)
			}
			if c.code != "backup-directory-unusable" {
				nothingIn(t, cfg.Dir)
			}
		})
	}
}

func TestDatabaseAddressIsWrong(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"postgres://user:secret@host:port/x", "user=u password='secret", "postgres://u:secret@h/%zz"} {
		s, cfg := setup(t, func(cfg *Config) { cfg.DatabaseURL = address })
		_, err := s.Database(t.Context())
		if err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "not valid") {
			t.Errorf("%s: the error is %v", address, err)
		}
		nothingIn(t, cfg.Dir)
	}
}

// Everybody on the machine can read a command line.
func TestPasswordIsNotOnTheCommandLine(t *testing.T) {
	t.Parallel()
	parsed, err := url.Parse(pgtest.EmptyURL(t))
	if err != nil {
		t.Fatal(err)
	}
	query := parsed.Query()
	query.Set("password", "s3cret word")
	query.Set("pool_max_conns", "7") // pgx's own
	query.Set("sslmode", "prefer")
	parsed.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
	seen := filepath.Join(t.TempDir(), "seen")
	s, _ := setup(t, func(cfg *Config) {
		cfg.DatabaseURL = parsed.String()
		cfg.BinDir = fake(t, "99.1", `(echo "args: $*"; env) > `+seen, "")
	})
	if _, err := s.Database(t.Context()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(seen)
	if err != nil {
		t.Fatal(err)
	}
	args, env, _ := strings.Cut(string(text), "\n")
	if strings.Contains(args, "s3cret") || strings.Contains(args, "host") {
		t.Errorf("the command line is %s", args)
	}
	for _, want := range []string{"PGPASSWORD=s3cret word\n", "PGSSLMODE=prefer\n", "PGDATABASE=" + strings.TrimPrefix(parsed.Path, "/") + "\n", "PGHOST=", "PGPORT="} {
		if !strings.Contains(env, want) {
			t.Errorf("the environment lacks %q:\n%s", want, env)
		}
	}
	if strings.Contains(env, "PENEIRA_") || strings.Contains(env, "pool_max_conns") {
		t.Errorf("the environment holds too much:\n%s", env)
	}
}

func TestCancelKillsTheDump(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the programs of this test are shell scripts")
	}
	address := pgtest.EmptyURL(t)
	ready := filepath.Join(t.TempDir(), "ready")
	if out, err := exec.CommandContext(t.Context(), "mkfifo", ready).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s, cfg := setup(t, func(cfg *Config) {
		cfg.DatabaseURL = address
		cfg.BinDir = fake(t, "99.1", "echo half; echo $$ > "+ready+"; exec sleep 600", "")
	})
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	called := errors.New("called off")
	result := make(chan error)
	go func() {
		_, err := s.Database(ctx)
		result <- err
	}()
	if _, err := os.ReadFile(ready); err != nil { // waits for pg_dump
		t.Fatal(err)
	}
	if found := names(t, cfg.Dir); len(found) != 1 || !strings.HasPrefix(found[0], temporaryPrefix) {
		t.Errorf("during the dump the directory holds %q", found)
	}
	// Another one waits for its turn, and can be called off too.
	waiting, stop := context.WithCancelCause(t.Context())
	stop(called)
	if _, err := s.Logs(waiting); !errors.Is(err, called) {
		t.Errorf("the one that waits is told %v", err)
	}
	cancel(called)
	select {
	case err := <-result:
		if !errors.Is(err, called) {
			t.Errorf("the error is %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("pg_dump goes on")
	}
	nothingIn(t, cfg.Dir)
}
