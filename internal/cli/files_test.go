package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"peneira/internal/cli"
)

// These tests set the environment, so they do not run in parallel.

func TestSettingsFromFiles(t *testing.T) {
	directory := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(directory, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, c := range map[string]struct {
		env  map[string]string
		args []string
		want string // on stderr: it shows which value arrived
	}{
		"read, without its line break": {
			env:  map[string]string{"PENEIRA_LISTEN_FILE": file("listen", "nonsense\n")},
			want: `PENEIRA_LISTEN is "nonsense"`,
		},
		"the command line wins": {
			env:  map[string]string{"PENEIRA_LISTEN_FILE": file("other", "nonsense")},
			args: []string{"--listen", "flag"},
			want: `PENEIRA_LISTEN is "flag"`,
		},
		"both": {
			env:  map[string]string{"PENEIRA_LISTEN": "x", "PENEIRA_LISTEN_FILE": file("both", "y")},
			want: "PENEIRA_LISTEN and PENEIRA_LISTEN_FILE are both set",
		},
		"not there": {
			env:  map[string]string{"PENEIRA_LISTEN_FILE": filepath.Join(directory, "none")},
			want: "PENEIRA_LISTEN_FILE: stat ",
		},
		"empty": {
			env:  map[string]string{"PENEIRA_LISTEN_FILE": file("empty", "\n")},
			want: "is empty",
		},
		"a directory": {
			env:  map[string]string{"PENEIRA_LISTEN_FILE": directory},
			want: "PENEIRA_LISTEN_FILE: read ",
		},
		"huge": {
			env:  map[string]string{"PENEIRA_LISTEN_FILE": file("huge", strings.Repeat("x", 1<<20))},
			want: "it must hold the setting alone",
		},
		"not what the setting may be": {
			env:  map[string]string{"PENEIRA_TIME_LIMIT_FILE": file("limit", "soon")},
			want: "time-limit",
		},
	} {
		t.Run(name, func(t *testing.T) {
			for key, value := range c.env {
				t.Setenv(key, value)
			}
			var stdout, stderr bytes.Buffer
			code := cli.Run(cli.Process{Args: append([]string{"serve"}, c.args...), Stdout: &stdout, Stderr: &stderr})
			if code != cli.ExitUsage || !strings.Contains(stderr.String(), c.want) {
				t.Errorf("exit code %d, stderr: %s", code, &stderr)
			}
		})
	}
}
