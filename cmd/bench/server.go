package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// server is one process of the service.
type server struct {
	url string
	cmd *exec.Cmd
	log string
}

// readyPatience is how long a process may take to become ready.
const readyPatience = time.Minute

// startServer starts a process of the service on the database at address, and returns when it is ready.
func (b *bencher) startServer(ctx context.Context, address, role string, flags ...string) (*server, error) {
	listen, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(b.db.dir, role+"-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for a server: %w", err)
	}
	s := &server{url: "http://" + listen, log: filepath.Join(dir, "log")}
	file, err := os.Create(s.log)
	if err != nil {
		return nil, fmt.Errorf("make the server's log: %w", err)
	}
	defer func() { _ = file.Close() }()
	args := append([]string{
		"serve", "--listen=" + listen, "--role=" + role, "--database-url=" + address, "--data-dir=" + dir, "--backup-schedule=off",
	}, flags...)
	//nolint:gosec // the program is the one to measure
	s.cmd = exec.Command(b.program, args...)
	s.cmd.Stdout, s.cmd.Stderr = file, file
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s (make build makes it): %w", b.program, err)
	}
	if err := s.awaitReady(ctx); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

func freeAddress(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return listener.Addr().String(), listener.Close()
}

func (s *server) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyPatience)
	defer cancel()
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		if s.ready(ctx) {
			tick.Stop()
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			tick.Stop()
			said, _ := os.ReadFile(s.log)
			return fmt.Errorf("the server did not become ready; it said:\n%s", strings.TrimSpace(string(said)))
		}
	}
}

func (s *server) ready(ctx context.Context) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/readyz", http.NoBody)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode == http.StatusOK
}

// stop stops the process in good order; one that does not stop is killed.
func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	kill := time.AfterFunc(readyPatience, func() { _ = s.cmd.Process.Kill() })
	defer kill.Stop()
	_ = s.cmd.Wait()
}

// errNoSamples says that nothing could be measured.
var errNoSamples = errors.New("nothing was measured")
