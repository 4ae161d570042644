package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"

	"peneira/internal/sandbox"
)

// memory is what processes took at most for 100,000 rows, in bytes; zero where the system does not tell.
type memory struct {
	input      int64
	sandbox    int64            // the child's peak
	byScript   map[string]int64 // the child's peak for the scripts that make most
	grownBy    int64            // by how much this process grew above what it held with the input in memory
	measurable bool
}

// peaks measures memory on Linux.
func peaks(ctx context.Context, pool *sandbox.Pool) (memory, error) {
	m := memory{byScript: make(map[string]int64)}
	small, err := (&measured{script: "summary.js", input: rows(few)}).request()
	if err != nil {
		return m, err
	}
	if err := execute(ctx, pool, small); err != nil { // the child is there
		return m, err
	}
	input := rows(many)
	m.input = int64(len(input))
	for _, script := range []string{"summary.js", "enrich.js", "spread.js"} {
		request, err := (&measured{script: script, input: input}).request()
		if err != nil {
			return m, err
		}
		child, err := childOf(os.Getpid())
		if err != nil {
			return m, nil //nolint:nilerr // this system does not tell, and the report says so
		}
		debug.FreeOSMemory()
		if err := errors.Join(resetPeak(child), resetPeak(os.Getpid())); err != nil {
			return m, nil //nolint:nilerr // the same
		}
		before := status(os.Getpid(), "VmRSS")
		if err := execute(ctx, pool, request); err != nil {
			return m, fmt.Errorf("%s: %w", script, err)
		}
		m.byScript[script] = status(child, "VmHWM")
		if script == "summary.js" {
			m.sandbox, m.grownBy = m.byScript[script], status(os.Getpid(), "VmHWM")-before
		}
	}
	m.measurable = true
	return m, nil
}

// errNoChild says that a process has no child, or that the system does not tell.
var errNoChild = errors.New("there is no child to be seen")

// childOf returns the only child of a process.
func childOf(pid int) (int, error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return 0, err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return 0, err
		}
		if fields := bytes.Fields(text); len(fields) > 0 {
			return strconv.Atoi(string(fields[0]))
		}
	}
	return 0, errNoChild
}

// resetPeak makes what a process holds now its peak.
func resetPeak(pid int) error {
	const peak = "5"
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte(peak), 0)
}

// status reads a size from the kernel's account of a process, in bytes; 0 when there is none.
func status(pid int, name string) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(text) {
		if rest, found := bytes.CutPrefix(line, []byte(name+":")); found {
			if fields := bytes.Fields(rest); len(fields) > 0 {
				kilobytes, _ := strconv.ParseInt(string(fields[0]), 10, 64)
				return kilobytes << 10
			}
		}
	}
	return 0
}
