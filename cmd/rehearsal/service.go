package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// service is one process of the service.
type service struct {
	url string
	cmd *exec.Cmd
	log string
}

const (
	startPatience = 2 * time.Minute
	// stopPatience is more than an embedded database gets to stop.
	stopPatience = time.Minute
)

// environment is this process's own, but for what would change where things are.
func environment() []string {
	return slices.DeleteFunc(os.Environ(), func(entry string) bool {
		return strings.HasPrefix(entry, "PENEIRA_") || strings.HasPrefix(entry, "DATABASE_URL")
	})
}

// start starts the service on the database, and returns when it says that it is ready. Its log has the given name.
func (r *rehearsal) start(ctx context.Context, db database, name string) (*service, error) {
	s := &service{log: filepath.Join(r.dir, name+".log")}
	said, err := os.Create(s.log)
	if err != nil {
		return nil, fmt.Errorf("make the service's log: %w", err)
	}
	defer func() { _ = said.Close() }()
	args := append([]string{"serve", "--listen=127.0.0.1:0", "--backup-schedule=off"}, db.flags()...)
	s.cmd = exec.Command(r.program, args...) //nolint:gosec // the program to rehearse with
	s.cmd.Dir, s.cmd.Env = r.dir, environment()
	s.cmd.Stdout, s.cmd.Stderr = said, said
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s (make build makes it): %w", r.program, err)
	}
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	for tick := time.NewTicker(10 * time.Millisecond); ; {
		if s.url = s.ready(); s.url != "" {
			tick.Stop()
			return s, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			tick.Stop()
			text, _ := os.ReadFile(s.log)
			return nil, errors.Join(fmt.Errorf("the service did not become ready; it said:\n%s", text), s.stop())
		}
	}
}

// ready returns the address that the service says it is ready at, or nothing.
func (s *service) ready() string {
	file, err := os.Open(s.log)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var entry struct {
			Msg string `json:"msg"`
			URL string `json:"url"`
		}
		if json.Unmarshal(lines.Bytes(), &entry) == nil && entry.Msg == "ready" {
			return entry.URL
		}
	}
	return ""
}

// stop stops the process in good order; one that does not stop is killed.
func (s *service) stop() error {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	kill := time.AfterFunc(stopPatience, func() { _ = s.cmd.Process.Kill() })
	defer kill.Stop()
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("the service stopped with: %w", err)
	}
	return nil
}

// backUp has the service dump its database, and returns the path of the dump,
// which is absolute because the data directory's is.
func (s *service) backUp(ctx context.Context) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/api/backup/database", http.NoBody)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", fmt.Errorf("back up: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return "", fmt.Errorf("back up: %w", err)
	}
	var made struct {
		BackupPath string `json:"backupPath"`
	}
	if err := json.Unmarshal(answer, &made); err != nil || response.StatusCode != http.StatusOK || made.BackupPath == "" {
		return "", fmt.Errorf("back up: %s: %s", response.Status, answer)
	}
	return made.BackupPath, nil
}
