package pgtest

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// The tests of several packages begin at once on one server: one makes the template, the others find it.
func TestTemplateIsMadeOnce(t *testing.T) {
	t.Parallel()
	throwaway, err := StartThrowaway(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(throwaway.Stop)
	s := &server{url: throwaway.URL}
	sum, err := migrationsHash()
	if err != nil {
		t.Fatal(err)
	}
	// One that was left half-made by a killed process is in the way.
	if err := s.exec(t.Context(), "CREATE DATABASE "+quote("peneira_template_"+sum)); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			name, err := s.ensureTemplate()
			if err != nil || name != "peneira_template_"+sum {
				t.Errorf("the template is %q (%v)", name, err)
			}
		})
	}
	group.Wait()
	conn, err := pgx.Connect(t.Context(), throwaway.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var templates int
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_database WHERE datistemplate AND datname LIKE 'peneira_%'").Scan(&templates); err != nil || templates != 1 {
		t.Errorf("there are %d templates (%v)", templates, err)
	}
}

func TestWithDatabase(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"postgres://u:p@h:1/old?sslmode=disable":     "new",
		"postgres:///old?host=%2Ftmp%2Fa%20b&user=u": "new",
		"postgres://u@h": "new",
		"host=/tmp/x user=u dbname=old password='two words'": "new",
	} {
		cfg, err := pgx.ParseConfig(withDatabase(address, "new"))
		if err != nil || cfg.Database != want {
			t.Errorf("withDatabase(%q) leads to %v (%v)", address, cfg, err)
		}
		before, err := pgx.ParseConfig(address)
		if err != nil || before.Host != cfg.Host || before.User != cfg.User || before.Password != cfg.Password {
			t.Errorf("withDatabase(%q) changed more than the database (%v)", address, err)
		}
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	ended := exec.CommandContext(t.Context(), "true")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	parent := t.TempDir()
	past := time.Now().Add(-time.Hour)
	for name, kept := range map[string]bool{
		dirPrefix + strconv.Itoa(ended.Process.Pid) + "-1": false,
		dirPrefix + strconv.Itoa(os.Getpid()) + "-2":       true,
		dirPrefix + "x-3": true,
		"other":           true,
	} {
		dir := filepath.Join(parent, name)
		if err := os.MkdirAll(filepath.Join(dir, "pg"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(dir, past, past); err != nil {
			t.Fatal(err)
		}
		sweep(parent, past.Add(-time.Minute))
		if _, err := os.Stat(dir); err != nil {
			t.Errorf("%s was removed while it was young: %v", name, err)
		}
		sweep(parent, time.Now())
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) == kept {
			t.Errorf("%s: kept should be %v (%v)", name, kept, err)
		}
	}
}
