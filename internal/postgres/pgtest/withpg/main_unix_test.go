//go:build unix

package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"peneira/internal/postgres/pgtest"
)

// mainVariable makes the test binary the command itself.
const mainVariable = "PENEIRA_TEST_WITHPG"

func TestMain(m *testing.M) {
	if os.Getenv(mainVariable) != "" {
		main()
	}
	pgtest.Main(m)
}

// withpg returns the command, to be run with its own server.
func withpg(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), mainVariable+"=1", pgtest.URLVariable+"=")
	return cmd
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	url := pgtest.AdminURL(t)
	for name, c := range map[string]struct {
		args []string
		want int
	}{
		"its own":          {[]string{"--", "sh", "-c", "exit 7"}, 7},
		"success":          {[]string{"true"}, 0},
		"killed":           {[]string{"sh", "-c", "kill -KILL $$"}, 128 + 9},
		"not there":        {[]string{"/no/such/command"}, exitNotFound},
		"nothing to run":   {[]string{"--"}, exitUsage},
		"nothing whatever": {nil, exitUsage},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := withpg(t, c.args...)
			cmd.Env = append(cmd.Env, pgtest.URLVariable+"="+url) // no server of its own: that is another test
			out, err := cmd.CombinedOutput()
			if got := cmd.ProcessState.ExitCode(); got != c.want {
				t.Errorf("it ends with %d (%v): %s", got, err, out)
			}
		})
	}
}

func TestGivesAServer(t *testing.T) {
	t.Parallel()
	cmd := withpg(t, "sh", "-c", "cat; echo $"+pgtest.URLVariable+"; read x || exit 3")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	cmd.Stdin = strings.NewReader("passed on\n")
	out, err := cmd.Output()
	if cmd.ProcessState.ExitCode() != 3 {
		t.Errorf("it ends with %v: %s", err, &stderr)
	}
	first, url, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if first != "passed on" {
		t.Errorf("the input was not passed on: %q", first)
	}
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(cfg.Host); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the server's directory %s is still there (%v)", cfg.Host, err)
	}
}

// started is a withpg whose command has said where its server is.
func started(t *testing.T, script string) (cmd *exec.Cmd, url string, rest io.Reader) {
	t.Helper()
	cmd = withpg(t, "sh", "-c", script)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	reader := bufio.NewReader(out)
	url, err = reader.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url = strings.TrimSpace(url)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return cmd, url, reader
}

const untilTold = "; while :; do sleep 0.05; done"

func TestSignalsArePassedOn(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			cmd, url, _ := started(t, "trap 'exit 9' TERM INT; echo $"+pgtest.URLVariable+untilTold)
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 9 {
				t.Errorf("it ends with %v", err)
			}
			if conn, err := pgx.Connect(t.Context(), url); err == nil {
				conn.Close(t.Context())
				t.Error("the server is still there")
			}
		})
	}
}

func TestKilled(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only on Linux do children die with a killed parent")
	}
	cmd, url, rest := started(t, "echo $"+pgtest.URLVariable+untilTold)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	// The command holds the other end of its output: that ends with it.
	if _, err := io.Copy(io.Discard, rest); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait()
	deadline := time.Now().Add(20 * time.Second)
	for {
		conn, err := pgx.Connect(t.Context(), url)
		if err != nil {
			return
		}
		conn.Close(t.Context())
		if time.Now().After(deadline) {
			t.Fatal("the server is still there")
		}
	}
}
