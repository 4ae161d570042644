//go:build unix

package chaos

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// What a killed run left goes with its volume; what others are using, and what is not ours, stays.
func TestSweep(t *testing.T) {
	t.Parallel()
	ended := exec.CommandContext(t.Context(), "true")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	parent := t.TempDir()
	for name, kept := range map[string]bool{
		dirPrefix + strconv.Itoa(ended.Process.Pid) + "-1": false,
		dirPrefix + strconv.Itoa(os.Getpid()) + "-2":       true,
		dirPrefix + "x-3": true,
		dirPrefix + "4":   true,
	} {
		dir := filepath.Join(parent, name)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		err := mountVolume(dir)
		if err == nil {
			t.Cleanup(func() { unmountVolume(dir) })
		} else {
			t.Logf("without a volume: %v", err)
		}
		if err := os.Mkdir(filepath.Join(dir, "pg"), 0o700); err != nil {
			t.Fatal(err)
		}
		sweep(parent)
		if _, err := os.Stat(filepath.Join(dir, "pg")); (err == nil) != kept {
			t.Errorf("%s: kept should be %t (%v)", name, kept, err)
		}
		if _, err := os.Stat(dir); (err == nil) != kept {
			t.Errorf("%s itself: kept should be %t (%v)", name, kept, err)
		}
	}
}
