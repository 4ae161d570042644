package app_test

import (
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"peneira/internal/api/openapi"
	"peneira/internal/app/apptest"
	"peneira/internal/delivered"
	"peneira/internal/postgres/pgtest"
)

// The program's file may not be executed, so that no sandbox can be started: at first, and when those that are there have died.
func TestHealthOfSandboxesAndStart(t *testing.T) {
	t.Parallel()
	address := freeAddress(t)
	program := copyOfProgram(t)
	p, ready := begin(t, program, pgtest.URL(t), "--listen="+address)
	if err := os.Chmod(program, 0o644); err != nil { // long before the first sandbox
		t.Fatal(err)
	}
	eventually(t, func() error {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			err = conn.Close()
		}
		return err
	})
	c := apptest.NewClient(t, "http://"+address)
	becomes(t, c, "service", openapi.Down, "starting")
	becomes(t, c, "sandbox", openapi.Down, "")
	if a := c.Do(t, http.MethodGet, "/readyz", ""); a.Status != http.StatusServiceUnavailable {
		t.Errorf("/readyz: %d", a.Status)
	}
	if err := os.Chmod(program, 0o755); err != nil {
		t.Fatal(err)
	}
	p.wait(ready)
	becomes(t, c, "service", openapi.Ok, "")
	health := part(t, c, "sandbox")
	if health.Status == openapi.Down || !strings.Contains(health.Detail, "are ready") {
		t.Fatalf("%+v", health)
	}

	if err := os.Chmod(program, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, child := range childrenOf(t, p.cmd.Process.Pid) {
		_ = syscall.Kill(child, syscall.SIGKILL)
	}
	becomes(t, c, "sandbox", openapi.Down, "")
	if a := c.Do(t, http.MethodGet, "/health", ""); string(a.Body) != "Unhealthy" {
		t.Errorf("/health says %s", a.Body)
	}
	if err := os.Chmod(program, 0o755); err != nil {
		t.Fatal(err)
	}
	becomes(t, c, "sandbox", health.Status, "are ready")
	p.kill()
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func copyOfProgram(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "peneira")
	own, err := os.Open(delivered.Program(t))
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	file, err := os.OpenFile(program, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(file, own); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return program
}

func childrenOf(t *testing.T, pid int) (children []int) {
	t.Helper()
	lists, err := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/children")
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil {
			continue // the thread has ended
		}
		for word := range strings.FieldsSeq(string(text)) {
			child, err := strconv.Atoi(word)
			if err != nil {
				t.Fatal(err)
			}
			children = append(children, child)
		}
	}
	if len(children) == 0 {
		t.Fatal("there are no sandboxes")
	}
	return children
}
