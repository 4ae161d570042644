package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// node is the Node to compare with.
type node struct {
	program string
	version string
	dir     string // holds the scripts and the inputs
}

// newNode finds Node. The error says that there is none that runs.
func newNode(ctx context.Context, program string) (*node, error) {
	version, err := exec.CommandContext(ctx, program, "--version").Output()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "performance")
	if err != nil {
		return nil, err
	}
	n := &node{program: program, version: strings.TrimSpace(string(version)), dir: dir}
	if err := os.CopyFS(dir, scripts); err != nil {
		n.close()
		return nil, err
	}
	return n, nil
}

// close removes what was put aside. What cannot be removed is the system's to clean up.
func (n *node) close() { _ = os.RemoveAll(n.dir) }

// run measures a case: warm, and from the start of a process to its end.
func (n *node) run(ctx context.Context, c measured) (times, time.Duration, error) {
	input := filepath.Join(n.dir, "input.json")
	if err := os.WriteFile(input, c.input, 0o600); err != nil {
		return times{}, 0, err
	}
	const warmUp = 2
	out, err := n.start(ctx, "warm.js", c.script, input, strconv.Itoa(c.times+warmUp))
	if err != nil {
		return times{}, 0, err
	}
	var all []time.Duration
	if err := json.Unmarshal(out, &all); err != nil {
		return times{}, 0, fmt.Errorf("read what Node says: %w", err)
	}
	const colds = 2
	cold := make([]time.Duration, colds)
	for i := range cold {
		begun := time.Now()
		if _, err := n.start(ctx, "cold.js", c.script, input); err != nil {
			return times{}, 0, err
		}
		cold[i] = time.Since(begun)
	}
	return percentiles(all[warmUp:]), percentiles(cold).p50, nil
}

func (n *node) start(ctx context.Context, file, script string, args ...string) ([]byte, error) {
	args = append([]string{filepath.Join(n.dir, file), filepath.Join(n.dir, "scripts", script)}, args...)
	cmd := exec.CommandContext(ctx, n.program, args...) //nolint:gosec // whoever runs this says which
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", file, err)
	}
	return out, nil
}
