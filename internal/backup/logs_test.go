package backup

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// unpack returns the files of an archive.
func unpack(t *testing.T, path string) map[string]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	compressed, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	archive := tar.NewReader(compressed)
	files := make(map[string]string)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		files[header.Name] = string(text)
	}
}

func TestLogs(t *testing.T) {
	t.Parallel()
	s, cfg := setup(t, atNoon)
	want := map[string]string{
		"postgres.log": "one\ntwo\n", "empty.log": "", "deep/er/x.log": strings.Repeat("long\n", 100_000), "-rf": "dash", "ação $(x)": "name",
		strings.Repeat("n", 200): "long name",
	}
	for name, text := range want {
		write(t, filepath.Join(cfg.LogDir, name), text)
	}
	if runtime.GOOS != "windows" {
		secret := filepath.Join(t.TempDir(), "secret")
		write(t, secret, "not a log")
		if err := os.Symlink(secret, filepath.Join(cfg.LogDir, "link.log")); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Dir(secret), filepath.Join(cfg.LogDir, "dir.log")); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(cfg.LogDir, "new\nline"), "x")
		want["new\nline"] = "x"
	}
	result, err := s.Logs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if result.Path != filepath.Join(cfg.Dir, "logs-20260701T120000.123Z.tar.gz") || !strings.Contains(result.Message, "log files are archived") {
		t.Errorf("the result is %+v", result)
	}
	info, err := os.Stat(result.Path)
	if err != nil || info.Size() != result.Bytes || (runtime.GOOS != "windows" && info.Mode().Perm() != 0o600) {
		t.Errorf("the file is %v (%v), the result %+v", info, err, result)
	}
	if diff := cmp.Diff(want, unpack(t, result.Path)); diff != "" {
		t.Errorf("the archive differs (-want +got):\n%s", diff)
	}
	if found := names(t, cfg.Dir); len(found) != 1 {
		t.Errorf("the directory holds %q", found)
	}
}

func TestLogsWithoutAny(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(t *testing.T, cfg Config){
		"no directory": func(*testing.T, Config) {},
		"an empty directory": func(t *testing.T, cfg Config) {
			t.Helper()
			if err := os.MkdirAll(filepath.Join(cfg.LogDir, "deep"), 0o700); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, cfg := setup(t, nil)
			prepare(t, cfg)
			result, err := s.Logs(t.Context())
			if err != nil || result.Path != "" || !strings.Contains(result.Message, "no log files") || result.At.IsZero() {
				t.Errorf("the result is %+v (%v)", result, err)
			}
			nothingIn(t, cfg.Dir)
		})
	}
}

// Backups that stand among the logs, or below them, are not archived with them.
func TestLogsLeaveBackupsOut(t *testing.T) {
	t.Parallel()
	for _, below := range []string{"", "backups"} {
		s, cfg := setup(t, func(cfg *Config) { cfg.Dir = filepath.Join(cfg.LogDir, below) })
		write(t, filepath.Join(cfg.LogDir, "a.log"), "a")
		write(t, filepath.Join(cfg.Dir, databaseKind.name(noon)), "a dump")
		for range 2 {
			result, err := s.Logs(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(map[string]string{"a.log": "a"}, unpack(t, result.Path)); diff != "" {
				t.Errorf("the archive differs (-want +got):\n%s", diff)
			}
			if err := os.Remove(result.Path); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestLogsFailures(t *testing.T) {
	t.Parallel()
	t.Run("a log directory that is a file", func(t *testing.T) {
		t.Parallel()
		s, cfg := setup(t, nil)
		write(t, cfg.LogDir, "")
		_, err := s.Logs(t.Context())
		unavailable(t, err, "log-unreadable", cfg.LogDir)
		nothingIn(t, cfg.Dir)
	})
	t.Run("a directory that is a file", func(t *testing.T) {
		t.Parallel()
		s, cfg := setup(t, nil)
		write(t, filepath.Join(cfg.LogDir, "a.log"), "a")
		write(t, cfg.Dir, "")
		_, err := s.Logs(t.Context())
		unavailable(t, err, "backup-directory-unusable", cfg.Dir)
	})
	t.Run("called off", func(t *testing.T) {
		t.Parallel()
		s, cfg := setup(t, nil)
		write(t, filepath.Join(cfg.LogDir, "a.log"), "a")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.Logs(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v", err)
		}
		nothingIn(t, cfg.Dir)
	})
}

// A log that is cut while it is being read leaves the archive whole.
func TestShrinkingLog(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	n, err := io.CopyN(&out, io.MultiReader(&watched{file: strings.NewReader("rest")}, zeros{}), 6)
	if err != nil || n != 6 || out.String() != "rest\x00\x00" {
		t.Errorf("it reads %q (%v)", out.String(), err)
	}
}
