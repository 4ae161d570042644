package backup

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"peneira/internal/failure"
	"peneira/internal/postgres"
	"peneira/internal/postgres/pgtest"
)

// dumpOf returns a dump of a database.
func dumpOf(t *testing.T, address string) string {
	t.Helper()
	s, _ := setup(t, func(cfg *Config) { cfg.DatabaseURL = address })
	result, err := s.Database(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return result.Path
}

// one returns what a query of one text gives.
func one(t *testing.T, address, sql string) (text string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if err := conn.QueryRow(t.Context(), sql).Scan(&text); err != nil {
		t.Fatal(err)
	}
	return text
}

// made lists what a database holds besides rows.
func made(t *testing.T, address string) string {
	t.Helper()
	return one(t, address, `SELECT string_agg(what, E'\n' ORDER BY what) FROM (
		SELECT 'trigger ' || tgrelid::regclass || ' ' || pg_get_triggerdef(oid) AS what FROM pg_trigger WHERE NOT tgisinternal
		UNION ALL SELECT 'partition ' || inhparent::regclass || ' ' || inhrelid::regclass FROM pg_inherits
		UNION ALL SELECT 'function ' || pg_get_functiondef(p.oid) FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
		UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
		UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || contype::text FROM pg_constraint WHERE connamespace = 'public'::regnamespace
	) AS all_of_it`)
}

func refused(t *testing.T, err error, kind failure.Kind, code string, parts ...string) {
	t.Helper()
	f, ok := errors.AsType[*failure.Error](err)
	if !ok || f.Kind != kind || f.Code != code {
		t.Fatalf("the error is %v, want %s %s", err, kind, code)
	}
	for _, part := range parts {
		if !strings.Contains(f.Detail, part) {
			t.Errorf("the detail lacks %q: %s", part, f.Detail)
		}
	}
}

func TestRestore(t *testing.T) {
	t.Parallel()
	address := pgtest.URL(t)
	exec1(t, address, fill)
	exec1(t, address, `CREATE ROLE "peneira test ""role"""; GRANT SELECT ON hard TO "peneira test ""role"""`)
	dump := dumpOf(t, address)
	want, wantMade := fingerprints(t, address), made(t, address)
	// The role belongs to the server; on another one it is not there.
	exec1(t, address, `DROP OWNED BY "peneira test ""role"""; DROP ROLE "peneira test ""role"""`)

	restored := pgtest.EmptyURL(t)
	t.Cleanup(func() {
		exec1Background(t, restored, `DROP OWNED BY "peneira test ""role"""; DROP ROLE "peneira test ""role"""`)
	})
	got, err := Restore(t.Context(), RestoreConfig{File: dump, DatabaseURL: restored})
	if err != nil {
		t.Fatal(err)
	}
	if got.Schema < 35 {
		t.Errorf("the schema is said to be of version %d", got.Schema)
	}
	if diff := cmp.Diff(want, fingerprints(t, restored)); diff != "" {
		t.Errorf("the rows differ (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(wantMade, made(t, restored)); diff != "" || !strings.Contains(wantMade, "trigger ") || !strings.Contains(wantMade, "partition ") {
		t.Errorf("what is there differs (-want +got):\n%s", diff)
	}
	if may := one(t, restored, `SELECT has_table_privilege('peneira test "role"', 'hard', 'SELECT')::text`); may != "true" {
		t.Error("the role has no rights")
	}

	// A second time the database is not empty.
	exec1(t, restored, "CREATE TABLE later (); DELETE FROM hard")
	_, err = Restore(t.Context(), RestoreConfig{File: dump, DatabaseURL: restored})
	refused(t, err, failure.Conflict, "database-not-empty", "--force")
	if _, err := Restore(t.Context(), RestoreConfig{File: dump, DatabaseURL: restored, Force: true}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, fingerprints(t, restored)); diff != "" {
		t.Errorf("the rows differ (-want +got):\n%s", diff)
	}
	if left := one(t, restored, "SELECT count(*)::text FROM pg_namespace WHERE nspname = 'peneira_set_aside'"); left != "0" {
		t.Error("what was there before is still set aside")
	}
}

// Where the operator has a user who owns the database and nothing more, the rows are what counts: roles are not made, and no
// rights are given.
func TestRestoreByAUserWhoMayNotMakeRoles(t *testing.T) {
	t.Parallel()
	address := pgtest.URL(t)
	exec1(t, address, fill)
	exec1(t, address, `CREATE ROLE "peneira test other"; GRANT SELECT ON hard TO "peneira test other"`)
	dump := dumpOf(t, address)
	want := fingerprints(t, address)
	exec1(t, address, `DROP OWNED BY "peneira test other"; DROP ROLE "peneira test other"`)

	target := pgtest.EmptyURL(t)
	exec1(t, target, `CREATE ROLE peneira_test_owner LOGIN PASSWORD 'of the test'`)
	t.Cleanup(func() {
		exec1Background(t, target, "REASSIGN OWNED BY peneira_test_owner TO CURRENT_USER; DROP OWNED BY peneira_test_owner; DROP ROLE peneira_test_owner")
	})
	exec1(t, target, "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO peneira_test_owner', current_database()); END $$")
	owner, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	owner.User = url.UserPassword("peneira_test_owner", "of the test")
	query := owner.Query()
	query.Del("user") // it would go before
	owner.RawQuery = query.Encode()
	if user := one(t, owner.String(), "SELECT current_user::text"); user != "peneira_test_owner" {
		t.Fatalf("the user is %s", user)
	}

	for _, force := range []bool{false, true} {
		if _, err := Restore(t.Context(), RestoreConfig{File: dump, DatabaseURL: owner.String(), Force: force}); err != nil {
			t.Fatalf("with force %t: %v", force, err)
		}
		if diff := cmp.Diff(want, fingerprints(t, target)); diff != "" {
			t.Errorf("with force %t: the rows differ (-want +got):\n%s", force, diff)
		}
	}
	if _, err := postgres.Migrate(t.Context(), owner.String()); err != nil {
		t.Errorf("the service would not start on it: %v", err)
	}
	if roles := one(t, target, `SELECT count(*)::text FROM pg_roles WHERE rolname = 'peneira test other'`); roles != "0" {
		t.Error("the role was made")
	}
}

// A restore that is killed leaves what was there set aside, and the schema empty or filled. Nothing starts on either; the next
// restore puts back what was there, and begins anew when it may.
func TestRestoreThatWasBrokenOffIsPutBack(t *testing.T) {
	t.Parallel()
	for name, left := range map[string]string{
		"before the dump came": "",
		"after the dump came":  "CREATE TABLE public.goose_db_version (); CREATE TABLE public.came ()",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := pgtest.URL(t)
			exec1(t, address, fill)
			dump := dumpOf(t, address)
			exec1(t, address, "CREATE TABLE later (); DELETE FROM hard")
			was := fingerprints(t, address)
			exec1(t, address, "ALTER SCHEMA public RENAME TO peneira_set_aside; CREATE SCHEMA public; "+left)

			_, err := postgres.Migrate(t.Context(), address)
			refused(t, err, failure.Conflict, "restore-unfinished", "peneira restore FILE --force")
			_, err = Restore(t.Context(), RestoreConfig{File: dump, DatabaseURL: address})
			refused(t, err, failure.Conflict, "database-not-empty", "--force")
			if diff := cmp.Diff(was, fingerprints(t, address)); diff != "" {
				t.Errorf("what was there is not back (-want +got):\n%s", diff)
			}
			if _, err := postgres.Migrate(t.Context(), address); err != nil {
				t.Error(err)
			}
			exec1(t, address, "ALTER SCHEMA public RENAME TO peneira_set_aside; CREATE SCHEMA public; "+left)
			if _, err := Restore(t.Context(), RestoreConfig{File: dump, DatabaseURL: address, Force: true}); err != nil {
				t.Fatal(err)
			}
			if rows := one(t, address, "SELECT (count(*) > 0)::text FROM hard"); rows != "true" {
				t.Error("the dump is not there")
			}
		})
	}
}

func exec1Background(t *testing.T, address, sql string) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), address)
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(context.Background(), sql); err != nil {
		t.Error(err)
	}
}

func TestRestoreThatFailsChangesNothing(t *testing.T) {
	t.Parallel()
	address := pgtest.URL(t)
	dump := dumpOf(t, address)
	exec1(t, address, fill)
	want, wantMade := fingerprints(t, address), made(t, address)
	program := installed(t).Path("pg_restore")
	// Half of it is restored when it fails.
	bin := fake(t, "99.1", "", `case "$*" in *--dbname=*)
	`+program+` --exit-on-error --no-owner --section=pre-data "$@" >/dev/null 2>&1
	echo 'pg_restore: error: no room' >&2; exit 1;; *) exec `+program+` "$@";; esac`)
	_, err := Restore(t.Context(), RestoreConfig{File: dump, DatabaseURL: address, Force: true, BinDir: bin, places: []string{}})
	refused(t, err, failure.Unavailable, "restore-failed", "the database is as it was", "no room")
	if diff := cmp.Diff(want, fingerprints(t, address)); diff != "" {
		t.Errorf("the rows differ (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(wantMade, made(t, address)); diff != "" {
		t.Errorf("what is there differs (-want +got):\n%s", diff)
	}
}

func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	address := pgtest.URL(t)
	dump := dumpOf(t, address)
	t.Run("a newer schema", func(t *testing.T) {
		t.Parallel()
		newer := pgtest.URL(t)
		exec1(t, newer, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)")
		empty := pgtest.EmptyURL(t)
		_, err := Restore(t.Context(), RestoreConfig{File: dumpOf(t, newer), DatabaseURL: empty})
		refused(t, err, failure.Invalid, "schema-too-new", "99999", "newer one")
		nothingInDatabase(t, empty)
	})
	t.Run("another's dump", func(t *testing.T) {
		t.Parallel()
		other := pgtest.EmptyURL(t)
		exec1(t, other, fill)
		_, err := Restore(t.Context(), RestoreConfig{File: dumpOf(t, other), DatabaseURL: pgtest.EmptyURL(t)})
		refused(t, err, failure.Invalid, "not-a-dump", "not of Peneira")
	})
	for name, text := range map[string]string{
		"no dump": "SELECT 1;", "an empty file": "", "a header that is cut": "PGDMP\x01\x0e\x00\x04",
		"a header of nonsense": "PGDMP" + strings.Repeat("\xff", 100), "a header of zeros": "PGDMP" + strings.Repeat("\x00", 100),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "file")
			write(t, path, text)
			_, err := Restore(t.Context(), RestoreConfig{File: path, DatabaseURL: address})
			refused(t, err, failure.Invalid, "not-a-dump", path)
		})
	}
	t.Run("a dump that is cut", func(t *testing.T) {
		t.Parallel()
		whole, err := os.ReadFile(dump)
		if err != nil {
			t.Fatal(err)
		}
		path, empty := filepath.Join(t.TempDir(), "file"), pgtest.EmptyURL(t)
		write(t, path, string(whole[:len(whole)/2]))
		_, err = Restore(t.Context(), RestoreConfig{File: path, DatabaseURL: empty})
		refused(t, err, failure.Unavailable, "restore-failed")
		nothingInDatabase(t, empty)
	})
	t.Run("an older server", func(t *testing.T) {
		t.Parallel()
		whole, err := os.ReadFile(dump)
		if err != nil {
			t.Fatal(err)
		}
		version := []byte(one(t, address, "SHOW server_version"))
		path := filepath.Join(t.TempDir(), "file")
		write(t, path, string(bytes.Replace(whole, version, append([]byte("99"), version[2:]...), 1)))
		_, err = Restore(t.Context(), RestoreConfig{File: path, DatabaseURL: address})
		refused(t, err, failure.Conflict, "server-too-old", "is of a PostgreSQL 99", "Restore into PostgreSQL 99 or newer")
	})
	t.Run("with a pg_restore that is too old", func(t *testing.T) {
		t.Parallel()
		_, err := Restore(t.Context(), RestoreConfig{File: dump, DatabaseURL: address, BinDir: fake(t, "14.9", "", ""), places: []string{}})
		refused(t, err, failure.Unavailable, "restore-program-missing", "no pg_restore of version 1", "apt install postgresql-client-1", "PG_BIN")
	})
	t.Run("beneath a running service", func(t *testing.T) {
		t.Parallel()
		used := pgtest.URL(t)
		cfg, err := pgx.ParseConfig(used)
		if err != nil {
			t.Fatal(err)
		}
		cfg.RuntimeParams["application_name"] = "peneira"
		conn, err := pgx.ConnectConfig(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background())
		_, err = Restore(t.Context(), RestoreConfig{File: dump, DatabaseURL: used, Force: true})
		refused(t, err, failure.Conflict, "database-in-use", "Stop every process")
	})
	t.Run("without a database", func(t *testing.T) {
		t.Parallel()
		_, err := Restore(t.Context(), RestoreConfig{File: dump, DatabaseURL: "postgres://user:secret@127.0.0.1:1/none"})
		refused(t, err, failure.Unavailable, "database-unavailable")
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error holds the password: %v", err)
		}
	})
}

func nothingInDatabase(t *testing.T, address string) {
	t.Helper()
	if n := one(t, address, "SELECT count(*)::text FROM pg_class WHERE relnamespace = 'public'::regnamespace"); n != "0" {
		t.Errorf("the database holds %s relations", n)
	}
}
