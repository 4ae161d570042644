package sandbox_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"peneira/internal/delivered"
	"peneira/internal/execution"
	"peneira/internal/sandbox"
)

// hostile is one script of testdata/hostile. Its first lines say how it must end and under which limits it runs:
//
//	// expect: time-limit | memory-limit | script-error RangeError | completed {"a":1}
//	// limits: time=300ms output=1MiB
//	// input: [1,2]
//
// A script whose end depends on which limit it meets first names several; "completed" alone means with any output.
type hostile struct {
	source, input string
	expect        []string
	limits        sandbox.Limits
}

// The limits of scripts that do not say otherwise. One that must not meet its time limit has all the time that a slow
// machine may take.
const (
	hostileTime   = 300 * time.Millisecond
	patientTime   = 15 * time.Second
	hostileMemory = 48 << 20
)

func readHostile(t *testing.T, file string) hostile {
	t.Helper()
	h := hostile{source: readFile(t, file), input: "1", limits: sandbox.Limits{Time: patientTime, MemoryBytes: hostileMemory}}
	for line := range strings.SplitSeq(h.source, "\n") {
		key, value, found := strings.Cut(strings.TrimPrefix(line, "// "), ": ")
		if !found || !strings.HasPrefix(line, "// ") {
			break
		}
		switch key {
		case "expect":
			h.expect = strings.Split(value, " | ")
			if slices.Contains(h.expect, "time-limit") {
				h.limits.Time = hostileTime
			}
		case "input":
			h.input = value
		case "limits":
			h.readLimits(t, value)
		}
	}
	if len(h.expect) == 0 {
		t.Fatalf("%s does not say what to expect", file)
	}
	return h
}

func (h *hostile) readLimits(t *testing.T, text string) {
	t.Helper()
	for field := range strings.FieldsSeq(text) {
		name, value, _ := strings.Cut(field, "=")
		var err error
		var size int64
		if name == "time" {
			h.limits.Time, err = time.ParseDuration(value)
		} else {
			size, err = strconv.ParseInt(strings.TrimSuffix(value, "MiB"), 10, 64)
		}
		switch name {
		case "memory":
			h.limits.MemoryBytes = size << 20
		case "output":
			h.limits.OutputBytes = size << 20
		}
		if err != nil {
			t.Fatalf("limit %s: %v", field, err)
		}
	}
}

// ends reports whether an outcome is one that the script may have.
func (h *hostile) ends(o *execution.Outcome) bool {
	return slices.ContainsFunc(h.expect, func(want string) bool {
		kind, detail, _ := strings.Cut(want, " ")
		if o.Err == nil {
			return kind == "completed" && (detail == "" || detail == string(o.Output))
		}
		return kind == string(o.Err.Kind) && (detail == "" || detail == o.Err.Name)
	})
}

// TestHostile runs every script of testdata/hostile beside honest ones, which must not notice. A script that must end in
// a crash of the engine is not blamed on the service; neither may it take more of the server than any other.
func TestHostile(t *testing.T) { //nolint:tparallel // the group ends when all scripts have, and is looked at then
	t.Parallel()
	files, err := filepath.Glob("testdata/hostile/*.js")
	if err != nil || len(files) < 80 {
		t.Fatalf("%d scripts, %v", len(files), err)
	}
	ctx, stop := context.WithCancel(t.Context())
	hostiles, ended := launch(ctx, t, 2)
	honest := start(t, sandbox.Config{Sandboxes: 1, Command: delivered.Sandbox(t)})
	data := rows(50)
	want := output(t, honest, summary, data)

	var mu sync.Mutex
	seen := make(map[int]bool) // the children that there were
	var largest int64
	over := make(map[execution.ErrorKind]time.Duration) // how far past the time limit at most
	t.Run("script", func(t *testing.T) {
		for _, file := range files {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".js"), func(t *testing.T) {
				t.Parallel()
				h := readHostile(t, file)
				o := h.run(t, hostiles)
				if got := output(t, honest, summary, data); got != want {
					t.Errorf("an honest neighbour read %.100s", got)
				}
				mu.Lock()
				defer mu.Unlock()
				for _, pid := range hostiles.PIDs() {
					seen[pid] = true
				}
				largest = max(largest, ownResident(t))
				if o.Err != nil {
					over[o.Err.Kind] = max(over[o.Err.Kind], o.RunTime-h.limits.Time)
				}
			})
		}
	})
	// Nothing stays in the children: the next run finds a clean realm and a clean outcome.
	const clean = "function process() { return [typeof leak, {}.leak === undefined, typeof Math.random()] }"
	for range 4 {
		if got := output(t, hostiles, clean, "1"); got != `["undefined",true,"number"]` {
			t.Errorf("the next run saw %s", got)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
	for pid := range seen {
		if lives(pid) && bytes.Contains(commandLine(pid), []byte(sandbox.ChildArgument)) && childOf(pid) == os.Getpid() {
			t.Errorf("child %d is left", pid)
		}
	}
	t.Logf("%d scripts, %d children; the server's own memory reached %d MiB; past the time limit by at most %v, with a memory kill %v",
		len(files), hostiles.Stats().Spawns, largest>>20, over[execution.TimeLimit], over[execution.MemoryLimit])
	if largest > 300<<20 {
		t.Errorf("the server's own memory reached %d MiB", largest>>20)
	}
}

// launch runs a pool until ctx ends; then Run's error comes.
func launch(ctx context.Context, t *testing.T, sandboxes int) (*sandbox.Pool, chan error) {
	t.Helper()
	pool, err := sandbox.New(sandbox.Config{
		Sandboxes: sandboxes, Logger: slog.New(slog.DiscardHandler), Limits: sandbox.Limits{Time: patientTime}, Command: delivered.Sandbox(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- pool.Run(ctx) }()
	return pool, ended
}

// run runs the script and checks how it ends.
func (h *hostile) run(t *testing.T, pool *sandbox.Pool) execution.Outcome {
	t.Helper()
	r := request(h.source, h.input)
	r.Limits = h.limits
	o, err := pool.Execute(t.Context(), r)
	if err != nil {
		t.Fatalf("Execute: %v", err)
	}
	if !h.ends(&o) {
		t.Errorf("ended with %v, output %.200s; want %v", describe(o.Err), o.Output, h.expect)
	}
	logs := 0
	for _, entry := range o.Logs {
		logs += len(entry.Message)
	}
	if logs > 64<<10+200 {
		t.Errorf("logged %d bytes", logs)
	}
	if told := fmt.Sprintf("%s%s%v%s", describe(o.Err), o.Output, o.Logs, stackOf(o.Err)); addresses.MatchString(told) {
		t.Errorf("it tells an address in memory: %.500s", told)
	}
	if o.Err != nil && len(o.Err.Name)+len(o.Err.Message)+len(o.Err.Stack) > 8<<10 {
		t.Error("the error is longer than its limit")
	}
	// Generous, for a busy machine; the log of the suite tells what it was.
	if o.RunTime > h.limits.Time+5*time.Second {
		t.Errorf("ran for %v", o.RunTime)
	}
	return o
}

// addresses are those of Go's memory, as they are printed.
var addresses = regexp.MustCompile(`0x[0-9a-f]{6,}`)

func stackOf(err *execution.Error) string {
	if err == nil {
		return ""
	}
	return err.Stack
}

func describe(err *execution.Error) string {
	if err == nil {
		return "no error"
	}
	return fmt.Sprintf("%s %s: %.300s", err.Kind, err.Name, err.Message)
}

// ownResident returns the bytes that the test's process has resident.
func ownResident(t *testing.T) int64 {
	t.Helper()
	var size, resident int64
	if _, err := fmt.Sscan(readFile(t, "/proc/self/statm"), &size, &resident); err != nil {
		t.Fatal(err)
	}
	return resident * int64(os.Getpagesize())
}

// commandLine returns the arguments of a process; nothing when it is gone.
func commandLine(pid int) []byte {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return text
}

// childOf returns the parent of a process; 0 when it is gone.
func childOf(pid int) int {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(text), ") ")
	var state string
	var parent int
	_, _ = fmt.Sscan(rest, &state, &parent)
	return parent
}
