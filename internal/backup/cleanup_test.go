package backup

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"peneira/internal/postgres/pgtest"
)

const day = 24 * time.Hour

// dump returns the bytes of a dump that can be read.
func dump(t *testing.T) string {
	t.Helper()
	address := pgtest.EmptyURL(t)
	s, _ := setup(t, func(cfg *Config) { cfg.DatabaseURL = address })
	result, err := s.Database(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(result.Path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestCleanup(t *testing.T) {
	t.Parallel()
	good := dump(t)
	const bad = "PGDMP but nothing more"
	database := func(age time.Duration) string { return databaseKind.name(noon.Add(-age)) }
	logs := func(age time.Duration) string { return logsKind.name(noon.Add(-age)) }

	for name, c := range map[string]struct {
		files   map[string]string
		want    []string // what stays
		message string
		places  []string
	}{
		"nothing": {nil, nil, "0 old files are removed, 0 bytes freed; 0 backups are kept.", nil},
		"old and new": {
			map[string]string{database(1 * day): good, database(29 * day): bad, database(31 * day): good, database(300 * day): bad, logs(1 * day): "x", logs(31 * day): "xyz"},
			[]string{database(1 * day), database(29 * day), logs(1 * day)},
			"3 old files are removed", nil,
		},
		"exactly the retention":    {map[string]string{database(30 * day): good, database(1 * day): good}, []string{database(30 * day), database(1 * day)}, "2 backups are kept", nil},
		"the only one stays":       {map[string]string{database(400 * day): good}, []string{database(400 * day)}, "1 backup is kept", nil},
		"the newest of old ones":   {map[string]string{database(400 * day): good, database(300 * day): good}, []string{database(300 * day)}, "1 old file is removed", nil},
		"the newest one is broken": {map[string]string{database(400 * day): good, database(300 * day): good, database(200 * day): bad, database(1 * day): ""}, []string{database(300 * day), database(200 * day), database(1 * day)}, "3 backups are kept", nil},
		"all are broken":           {map[string]string{database(400 * day): bad, database(300 * day): ""}, []string{database(400 * day), database(300 * day)}, "2 backups are kept", nil},
		"without pg_restore":       {map[string]string{database(400 * day): good, database(300 * day): good, database(200 * day): "no"}, []string{database(300 * day), database(200 * day)}, "2 backups are kept", []string{}},
		"from the future":          {map[string]string{database(-400 * day): good, database(40 * day): good}, []string{database(-400 * day)}, "1 backup is kept", nil},
		"others' files": {
			map[string]string{
				"notes.txt": "x", "peneira-.dump": "x", "peneira-20200101T000000.000Z.dump.old": "x", "peneira-20200101T000000Z.dump": "x",
				"peneira-20209999T000000.000Z.dump": "x", "xpeneira-20200101T000000.000Z.dump": "x", "logs-20200101T000000.000Z.tar.gz~": "x",
				"peneira-2020-1-1T000000.000Z.dump": "x", "peneira-20200101T000000,000Z.dump": "x", "-rf": "x", database(1 * day): good,
			},
			[]string{
				"notes.txt", "peneira-.dump", "peneira-20200101T000000.000Z.dump.old", "peneira-20200101T000000Z.dump",
				"peneira-20209999T000000.000Z.dump", "xpeneira-20200101T000000.000Z.dump", "logs-20200101T000000.000Z.tar.gz~",
				"peneira-2020-1-1T000000.000Z.dump", "peneira-20200101T000000,000Z.dump", "-rf", database(1 * day),
			},
			"0 old files are removed, 0 bytes freed; 1 backup is kept.", nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, cfg := setup(t, func(cfg *Config) {
				atNoon(cfg)
				cfg.places = c.places
			})
			for file, text := range c.files {
				write(t, filepath.Join(cfg.Dir, file), text)
			}
			result, err := s.Cleanup(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got := names(t, cfg.Dir)
			slices.Sort(c.want)
			slices.Sort(got)
			if !slices.Equal(got, c.want) {
				t.Errorf("left are %q, want %q", got, c.want)
			}
			if !strings.Contains(result.Message, c.message) || result.Path != "" || !result.At.Equal(noon) {
				t.Errorf("the result is %+v; want %q", result, c.message)
			}
			var freed int64
			for file, text := range c.files {
				if !slices.Contains(got, file) {
					freed += int64(len(text))
				}
			}
			if result.Bytes != freed {
				t.Errorf("it says that %d bytes are freed, and %d are", result.Bytes, freed)
			}
		})
	}
}

// A pg_restore that is older than the dumps does not make them bad.
func TestCleanupWithOldProgram(t *testing.T) {
	t.Parallel()
	s, cfg := setup(t, func(cfg *Config) {
		atNoon(cfg)
		cfg.BinDir = fake(t, "14.1", "", "echo 'pg_restore: error: unsupported version (1.99) in file header' >&2; exit 1")
	})
	newer, older := databaseKind.name(noon.Add(-40*day)), databaseKind.name(noon.Add(-50*day))
	write(t, filepath.Join(cfg.Dir, newer), "PGDMP and the rest")
	write(t, filepath.Join(cfg.Dir, older), "PGDMP and the rest")
	if _, err := s.Cleanup(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := names(t, cfg.Dir); !slices.Equal(got, []string{newer}) {
		t.Errorf("left are %q", got)
	}
}

func TestCleanupOfUnfinished(t *testing.T) {
	t.Parallel()
	s, cfg := setup(t, atNoon)
	stale, fresh := filepath.Join(cfg.Dir, temporaryPrefix+"1"), filepath.Join(cfg.Dir, temporaryPrefix+"2")
	for path, age := range map[string]time.Duration{stale: 2 * time.Hour, fresh: time.Minute} {
		write(t, path, "half")
		if err := os.Chtimes(path, noon.Add(-age), noon.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Cleanup(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := names(t, cfg.Dir); len(got) != 1 || got[0] != filepath.Base(fresh) {
		t.Errorf("left are %q", got)
	}
}

// What has a backup's name but is no file is not ours.
func TestCleanupTouchesFilesOnly(t *testing.T) {
	t.Parallel()
	s, cfg := setup(t, atNoon)
	secret := filepath.Join(t.TempDir(), "secret")
	write(t, secret, "x")
	write(t, filepath.Join(cfg.Dir, logsKind.name(noon.Add(-100*day)), "inside"), "x")
	link := filepath.Join(cfg.Dir, logsKind.name(noon.Add(-101*day)))
	if err := os.Symlink(secret, link); err != nil {
		t.Skipf("links cannot be made here: %v", err)
	}
	if _, err := s.Cleanup(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := names(t, cfg.Dir); len(got) != 2 {
		t.Errorf("left are %q", got)
	}
	if _, err := os.Stat(secret); err != nil {
		t.Error(err)
	}
}

func TestCleanupFailures(t *testing.T) {
	t.Parallel()
	s, cfg := setup(t, nil)
	write(t, cfg.Dir, "")
	_, err := s.Cleanup(t.Context())
	unavailable(t, err, "backup-directory-unusable", cfg.Dir)

	good := dump(t)
	s, cfg = setup(t, atNoon)
	path := filepath.Join(cfg.Dir, databaseKind.name(noon.Add(-100*day)))
	write(t, path, good)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Cleanup(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	for bytes, want := range map[int64]string{0: "0 bytes", 999: "999 bytes", 1000: "1.0 KB", 1_234_567: "1.2 MB", 1 << 62: "4.6 EB"} {
		if got := size(bytes); got != want {
			t.Errorf("size(%d) = %q, want %q", bytes, got, want)
		}
	}
}
