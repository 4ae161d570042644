package postgres_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"peneira/db"
	"peneira/internal/failure"
	"peneira/internal/postgres"
	"peneira/internal/postgres/pgtest"
)

func TestProcessesThatStartTogetherMigrateOnce(t *testing.T) {
	t.Parallel()
	url := pgtest.EmptyURL(t)
	var wg sync.WaitGroup
	applied := make([]int, 4)
	for i := range applied {
		wg.Go(func() {
			var err error
			if applied[i], err = postgres.Migrate(t.Context(), url); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	total := 0
	for _, n := range applied {
		total += n
	}
	database, program, err := postgres.SchemaVersion(t.Context(), url)
	files, readErr := db.Migrations.ReadDir("migrations")
	if err = errors.Join(err, readErr); err != nil || database != program || total != len(files) {
		t.Errorf("%v migrations were applied; the database is at %d, the program at %d (%v)", applied, database, program, err)
	}
}

func TestMigrationsCanBeTakenBack(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	if err := postgres.MigrateDown(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	if n, err := postgres.Migrate(t.Context(), url); err != nil || n == 0 {
		t.Errorf("after taking all back, %d were applied (%v)", n, err)
	}
}

func TestAnUnreachableDatabaseIsUnavailable(t *testing.T) {
	t.Parallel()
	const url = "postgres://nobody@127.0.0.1:1/none?connect_timeout=2"
	begun := time.Now()
	_, err := postgres.Migrate(t.Context(), url)
	if failure.KindOf(err) != failure.Unavailable {
		t.Errorf("after %v: %v", time.Since(begun), err)
	}
	if _, err := postgres.Open(t.Context(), "postgres://u:secret@[::bad"); err == nil || len(err.Error()) > 100 {
		t.Errorf("a broken URL gives %v", err)
	}
}

// A count that went wrong while migration 16 was applied, beside a process that hosted a script, is put right.
func TestScriptsAreCountedAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.host(t, "// 1")
	if _, err := b.pool.Exec(t.Context(), `UPDATE script_count SET number = 7 WHERE stripe IN (0, 3)`); err != nil {
		t.Fatal(err)
	}
	migration, err := db.Migrations.ReadFile("migrations/00044_script_recount.sql")
	if err != nil {
		t.Fatal(err)
	}
	up, _, _ := strings.Cut(string(migration), "-- +goose Down")
	if _, err := b.pool.Exec(t.Context(), up); err != nil {
		t.Fatal(err)
	}
	if _, total, err := b.scripts.List(t.Context(), 1, 1); err != nil || total != 1 {
		t.Errorf("%d scripts (%v), want 1", total, err)
	}
}
