package observe

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestLogFileBeginsAnew(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "logs")
	file, err := OpenLogFile(dir, "all")
	if err != nil {
		t.Fatal(err)
	}
	file.most, file.kept = 1000, 3
	line := strings.Repeat("x", 99) + "\n"
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for range 25 {
				if _, err := file.Write([]byte(line)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 4 {
		t.Fatalf("the directory holds %v (%v), want one and three old ones", entries, err)
	}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil || len(text) != 1000 || strings.ReplaceAll(string(text), line, "") != "" {
			t.Errorf("%s holds %d bytes (%v)", entry.Name(), len(text), err)
		}
		if info, err := entry.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s may be read by others (%v)", entry.Name(), err)
		}
	}
	// It goes on where it ended.
	again, err := OpenLogFile(dir, "all")
	if err != nil || again.size != 1000 {
		t.Fatalf("it begins at %d (%v)", again.size, err)
	}
	_ = again.Close()
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

func TestAFullDiskDoesNotSilenceTheLog(t *testing.T) {
	t.Parallel()
	var kept strings.Builder
	if _, err := Both(broken{}, &kept).Write([]byte("said")); err == nil || kept.String() != "said" {
		t.Errorf("%q (%v)", kept.String(), err)
	}
}
