package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"peneira/internal/load"
)

func TestGoals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		goal
		met bool
	}{
		"at least, above":   {goal{value: 1.3, want: 1.2, atLeast: true}, true},
		"at least, just so": {goal{value: 1.2, want: 1.2, atLeast: true}, true},
		"at least, below":   {goal{value: 1.1, want: 1.2, atLeast: true}, false},
		"at most, below":    {goal{value: 4, want: 5}, true},
		"at most, just so":  {goal{value: 5, want: 5}, true},
		"at most, above":    {goal{value: 6, want: 5}, false},
	} {
		if c.goal.met() != c.met {
			t.Errorf("%s: met is %t", name, !c.met)
		}
	}
	for want, c := range map[string]struct{ value, goal float64 }{
		"":             {7, 0},
		"5 ms, met":    {5, 5},
		"5 ms, missed": {5.01, 5},
	} {
		if got := besideGoal(c.value, c.goal); got != want {
			t.Errorf("besideGoal(%v, %v) = %q, want %q", c.value, c.goal, got, want)
		}
	}
}

// measured is a bench that has measured round figures.
func measured() *bencher {
	b := &bencher{
		throughput: 600, ceiling: 400, version: "15.7",
		latencies: []idleLatency{{name: "fetch", Latency: load.Latency{P50: 0.5, P90: 2, P99: 20}, goalP50: 1, goalP99: 15}},
	}
	for range ceilingClients {
		b.ceilings = append(b.ceilings, 400)
	}
	of := func(name string, perSecond float64) layout {
		l := layout{name: name, took: 10 * time.Second, cpu: cpu{"PostgreSQL": 5 * time.Second, "load": 10 * time.Second}}
		l.CompletedPerSecond = perSecond
		return l
	}
	alone := of("alone", 600)
	b.alone, b.layouts = &alone, []layout{of("1 accepts, 1 works", 900)}
	b.small = []layout{of("1 + 1", 50), of("1 + 4", 195)}
	return b
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	text := measured().markdown()
	for _, want := range []string{
		"PostgreSQL 15.7 with fsync on", "| Peneira, end to end | 600 |", "| **1.50** (goal: at least 1.2, met) |",
		"| fetch | 0.50 ms | 2.00 ms | 20.00 ms | 1 ms, met | 15 ms, missed |",
		"| alone | 600 | 1.00 |", "| 1 accepts, 1 works | 900 | 1.50 |", "PostgreSQL 0.50, server 0.00, sandboxes 0.00, load 1.00",
		"| processes | executions/s | × one |", "| 1 + 4 | 195 | 3.90 |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it lacks %q:\n%s", want, text)
		}
	}
}

// Where a process cannot be held to a share of a CPU the report says so.
func TestMarkdownWithoutSmallWorkers(t *testing.T) {
	t.Parallel()
	b := measured()
	b.small = nil
	if text := b.markdown(); !strings.Contains(text, "What small workers add was not measured: no share of a CPU") || strings.Contains(text, "× one") {
		t.Errorf("it reads:\n%s", text)
	}
}

// Only what lies between the two lines is written, however often.
func TestWriteReport(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		ok   bool
	}{
		"nothing between": {"before\n" + reportBegins + reportEnds + "after\n", true},
		"an old report":   {"before\n" + reportBegins + "| old |\n" + reportEnds + "after\n", true},
		"no lines":        {"before\nafter\n", false},
		"no end":          {"before\n" + reportBegins + "after\n", false},
		"end before":      {reportEnds + "before\n" + reportBegins, false},
		"empty":           {"", false},
	} {
		path := filepath.Join(t.TempDir(), "report.md")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		want := c.text
		b := measured()
		for range 2 {
			err := b.writeReport(path)
			if (err == nil) != c.ok || !c.ok && !errors.Is(err, errNoPlace) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if c.ok {
			want = "before\n" + reportBegins + b.markdown() + reportEnds + "after\n"
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%s: it reads (%v)\n%s", name, err, got)
		}
	}
	if err := measured().writeReport(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a document that is not there: %v", err)
	}
}
