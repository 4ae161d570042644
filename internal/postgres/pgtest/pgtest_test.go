package pgtest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"peneira/internal/postgres"
	"peneira/internal/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func count(t *testing.T, conn *pgx.Conn, sql string) int {
	t.Helper()
	var n int
	if err := conn.QueryRow(t.Context(), sql).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

const countTables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"

func TestURLIsMigrated(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	if n := count(t, connect(t, url), countTables); n == 0 {
		t.Error("there are no tables")
	}
	database, program, err := postgres.SchemaVersion(t.Context(), url)
	if err != nil || database != program || database == 0 {
		t.Errorf("the schema has version %d of %d (%v)", database, program, err)
	}
}

func TestEmptyURLIsEmpty(t *testing.T) {
	t.Parallel()
	if n := count(t, connect(t, pgtest.EmptyURL(t)), countTables); n != 0 {
		t.Errorf("there are %d tables", n)
	}
}

func TestDatabasesAreApart(t *testing.T) {
	t.Parallel()
	one, other := connect(t, pgtest.URL(t)), connect(t, pgtest.URL(t))
	if _, err := one.Exec(t.Context(), "CREATE TABLE mine (n int)"); err != nil {
		t.Fatal(err)
	}
	if n := count(t, other, "SELECT count(*) FROM pg_tables WHERE tablename = 'mine'"); n != 0 {
		t.Error("one database shows the other's table")
	}
}

//nolint:tparallel // the subtest has to end first
func TestDatabaseIsDropped(t *testing.T) {
	t.Parallel()
	var url string
	var conn *pgx.Conn
	t.Run("a name of many kinds: ÄÖ 'quoted' \"twice\" and much longer than a name of a database may be", func(t *testing.T) {
		url = pgtest.URL(t)
		var err error
		conn, err = pgx.Connect(t.Context(), url) // and left open
		if err != nil {
			t.Fatal(err)
		}
	})
	defer conn.Close(context.Background())
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := conn.Ping(ctx); err == nil {
		t.Error("the connection survived")
	}
	again, err := pgx.Connect(ctx, url)
	if err == nil {
		again.Close(ctx)
	}
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != pgerrcode.InvalidCatalogName {
		t.Errorf("connecting to it says %v", err)
	}
}

func BenchmarkURL(b *testing.B) {
	pgtest.URL(b)
	for b.Loop() {
		pgtest.URL(b)
	}
}
