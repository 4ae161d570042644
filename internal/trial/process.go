// Package trial starts what commands that measure and rehearse try: the service, and a PostgreSQL that may be lost.
package trial

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

const (
	startPatience = 2 * time.Minute
	// stopPatience is more than an embedded database gets to stop.
	stopPatience = time.Minute
)

// Process is one process of the service.
type Process struct {
	URL string

	cmd *exec.Cmd
	log string
}

// Command is the service on a free port of this machine, with further flags, to be started by Start.
func Command(program string, flags ...string) *exec.Cmd {
	// Start reads in the log where the service is.
	args := append([]string{"serve", "--listen=127.0.0.1:0", "--log-level=info", "--backup-schedule=off"}, flags...)
	return exec.Command(program, args...) //nolint:gosec // the program to try
}

// Start starts a Command, writes what it says to the file log, and returns when it says that it is ready. The error of one
// that does not become ready within two minutes holds what it said.
func Start(ctx context.Context, cmd *exec.Cmd, log string) (*Process, error) {
	said, err := os.Create(log)
	if err != nil {
		return nil, fmt.Errorf("make the service's log: %w", err)
	}
	defer func() { _ = said.Close() }()
	p := &Process{cmd: cmd, log: log}
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s (make build makes it): %w", cmd.Path, err)
	}
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if p.URL = p.ready(); p.URL != "" {
			return p, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			text, _ := os.ReadFile(log)
			return nil, errors.Join(fmt.Errorf("the service did not become ready; it said:\n%s", strings.TrimSpace(string(text))), p.Stop())
		}
	}
}

// ready returns the address that the service says it is ready at, or nothing.
func (p *Process) ready() string {
	file, err := os.Open(p.log)
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

// Stop stops the process in good order; one that does not stop is killed. The error says that it did not end well.
func (p *Process) Stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	kill := time.AfterFunc(stopPatience, func() { _ = p.cmd.Process.Kill() })
	defer kill.Stop()
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("the service stopped with: %w", err)
	}
	return nil
}
