// Package pgtest gives each test a PostgreSQL database of its own.
//
// The server is the one that PENEIRA_TEST_DATABASE_URL names (a superuser's URL), or else a throw-away one that the test
// process starts on first use. A test binary that checks for leaked goroutines runs its tests through Main or Wrap, which
// stop that server; `make test` starts one server for all packages instead, with the command withpg.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// URLVariable names the environment variable with the URL of the server to use.
const URLVariable = "PENEIRA_TEST_DATABASE_URL"

// patience bounds what is done for one test: starting a server, migrating a template, making and dropping a database.
const patience = 2 * time.Minute

// URL returns the address of a new database, migrated and without data, which is dropped when the test ends.
func URL(t testing.TB) string {
	t.Helper()
	server := theServer(t)
	template, err := server.template()
	if err != nil {
		t.Fatalf("making the template of the test databases: %v", err)
	}
	return server.create(t, template)
}

// EmptyURL returns the address of a new database that nothing was done to, which is dropped when the test ends.
func EmptyURL(t testing.TB) string {
	t.Helper()
	return theServer(t).create(t, "template0")
}

// AdminURL returns the address of the server's own database, for tests that need rights on the whole server.
func AdminURL(t testing.TB) string {
	t.Helper()
	return theServer(t).url
}

// Main runs the tests of a package, stops the server that they started, and exits. Call it from TestMain.
func Main(m *testing.M) { os.Exit(Wrap(m).Run()) }

// Wrap returns a runner of the tests of a package that stops the server that they started. It is made for
// goleak.VerifyTestMain(pgtest.Wrap(m)).
func Wrap(m interface{ Run() int }) Runner { return Runner{m} }

// Runner runs the tests of a package.
type Runner struct{ tests interface{ Run() int } }

// Run runs the tests, stops the server if one was started, and returns the exit code.
func (r Runner) Run() int {
	defer process.stop()
	return r.tests.Run()
}

// process is the server of this test process. Tests share it by nature: it is what they have in common, not their state.
var process = &shared{}

type shared struct {
	once   sync.Once
	server *server
	err    error
}

func theServer(t testing.TB) *server {
	t.Helper()
	process.once.Do(func() { process.server, process.err = findServer() })
	if process.err != nil {
		t.Fatalf("starting PostgreSQL for the tests: %v", process.err)
	}
	return process.server
}

func (s *shared) stop() {
	// From here on no server is started.
	s.once.Do(func() { s.err = errors.New("the tests are over") })
	if s.server != nil {
		s.server.stop()
	}
}

// create makes a database from a template and has it dropped when the test ends.
func (s *server) create(t testing.TB, template string) string {
	t.Helper()
	name := databaseName(t.Name())
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.copy(ctx, name, template); err != nil {
		t.Fatalf("making a test database: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.exec(ctx, fmt.Sprintf("DROP DATABASE IF EXISTS %s WITH (FORCE)", quote(name))); err != nil {
			t.Errorf("dropping the test database: %v", err)
		}
	})
	return withDatabase(s.url, name)
}

// databaseName returns a name that is new, and tells people which test it belongs to. PostgreSQL cuts names at 63 bytes.
func databaseName(test string) string {
	readable := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToLower(test))
	return fmt.Sprintf("test_%.40s_%.12s", readable, strings.ReplaceAll(uuid.NewString(), "-", ""))
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }
