package backup

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"peneira/internal/failure"
	"peneira/internal/postgres/binaries"
	"peneira/internal/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// setup returns a service whose directories are new, and its settings.
func setup(t *testing.T, change func(*Config)) (*Service, Config) {
	t.Helper()
	root := t.TempDir()
	cfg := Config{Dir: filepath.Join(root, "backups"), LogDir: filepath.Join(root, "logs"), Logger: slog.New(slog.NewTextHandler(t.Output(), nil))}
	if change != nil {
		change(&cfg)
	}
	return New(cfg), cfg
}

// installed returns the PostgreSQL of this machine.
func installed(t *testing.T) binaries.Installation {
	t.Helper()
	found, err := binaries.Find(t.Context(), binaries.Query{Programs: []string{binaries.PgDump, binaries.PgRestore}})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// fake makes a directory with a pg_dump and a pg_restore of one's own that say they are of the given version.
func fake(t *testing.T, version, dump, restore string) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the programs of this test are shell scripts")
	}
	dir := t.TempDir()
	for name, script := range map[string]string{binaries.PgDump: dump, binaries.PgRestore: restore} {
		text := fmt.Sprintf("#!/bin/sh\nif [ \"$1\" = --version ]; then echo '%s (PostgreSQL) %s'; exit; fi\n%s\n", name, version, script)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// unavailable checks that err is what the operator can do something about.
func unavailable(t *testing.T, err error, code string, parts ...string) {
	t.Helper()
	f, ok := errors.AsType[*failure.Error](err)
	if !ok || f.Kind != failure.Unavailable || f.Code != code {
		t.Fatalf("the error is %v, want %s", err, code)
	}
	for _, part := range parts {
		if !strings.Contains(f.Detail, part) {
			t.Errorf("the detail lacks %q: %s", part, f.Detail)
		}
	}
}

// names lists a directory.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var found []string
	for _, entry := range entries {
		found = append(found, entry.Name())
	}
	return found
}

func nothingIn(t *testing.T, dir string) {
	t.Helper()
	if found := names(t, dir); len(found) > 0 {
		t.Errorf("%s holds %q", dir, found)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

var noon = time.Date(2026, 7, 1, 12, 0, 0, 123_000_000, time.UTC)

func atNoon(cfg *Config) { cfg.now = func() time.Time { return noon.In(time.FixedZone("", 3600)) } }
