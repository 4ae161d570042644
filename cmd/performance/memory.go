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
	byScript   map[string]int64 // the child's peak for the scripts that make most
	grownBy    int64            // by how much this process grew above what it held with the input in memory
	measurable bool
}

// peaks measures memory on Linux: each script in a sandbox of its own, since one keeps memory for its next run.
func peaks(ctx context.Context) (memory, error) {
	input := rows(many)
	m := memory{byScript: make(map[string]int64), input: int64(len(input)), measurable: true}
	for _, script := range []string{"summary.js", "enrich.js", "spread.js"} {
		err := withPool(ctx, 1, limits(), func(pool *sandbox.Pool) error { return m.peak(ctx, pool, script, input) })
		if err != nil {
			return m, fmt.Errorf("%s: %w", script, err)
		}
	}
	return m, nil
}

// peak measures what one script takes of the only child of a pool, which has run nothing large yet. Where the system does not
// tell, m is not measurable afterwards.
func (m *memory) peak(ctx context.Context, pool *sandbox.Pool, script string, input []byte) error {
	small, err := (&measured{script: "summary.js", input: rows(few)}).request()
	if err != nil {
		return err
	}
	request, err := (&measured{script: script, input: input}).request()
	if err != nil {
		return err
	}
	if err := execute(ctx, pool, small); err != nil { // the child is there
		return err
	}
	child, err := childOf(os.Getpid())
	debug.FreeOSMemory()
	if err := errors.Join(err, resetPeak(child), resetPeak(os.Getpid())); err != nil {
		m.measurable = false
		return nil //nolint:nilerr // the report says so
	}
	before := status(os.Getpid(), "VmRSS")
	if err := execute(ctx, pool, request); err != nil {
		return err
	}
	m.byScript[script] = status(child, "VmHWM")
	if script == "summary.js" { // the others' results are as large as the input
		m.grownBy = status(os.Getpid(), "VmHWM") - before
	}
	return nil
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
