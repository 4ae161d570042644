package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"peneira/internal/load"
)

// What is written lies between these lines of the document; the rest of it is people's.
const (
	reportBegins = "<!-- What follows is written by make bench/report. -->\n"
	reportEnds   = "<!-- What precedes is written by make bench/report. -->\n"
)

// errNoPlace says that a document has no place for the report.
var errNoPlace = errors.New("it lacks the two lines between which the report is written")

// writeReport writes what was measured into the document at path.
func (b *bencher) writeReport(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, found := strings.Cut(string(text), reportBegins)
	_, after, foundEnd := strings.Cut(rest, reportEnds)
	if !found || !foundEnd {
		return fmt.Errorf("%s: %w", path, errNoPlace)
	}
	written := before + reportBegins + b.markdown() + reportEnds + after
	return os.WriteFile(path, []byte(written), 0o644) //nolint:gosec // a report is for everybody
}

// markdown returns what was measured as text.
func (b *bencher) markdown() string {
	var text strings.Builder
	fmt.Fprintf(&text, "\nFrom one run on one machine: %d CPUs%s, %s/%s, which carried the load, the service, its sandboxes and\n"+
		"PostgreSQL %s with fsync on; the case of `%s`, every output checked.\n\n", runtime.NumCPU(), cpuModel(), runtime.GOOS, runtime.GOARCH, b.version, b.options.example)
	b.writeThroughput(&text)
	b.writeLatencies(&text)
	b.writeRoles(&text)
	return text.String()
}

func (b *bencher) writeThroughput(text *strings.Builder) {
	fmt.Fprintf(text, "## End to end\n\nOne process, %d clients that POST with `Prefer: wait`, against pgbench running the bare SQL of one execution at a time (no\n"+
		"HTTP, no script), %d seconds each:\n\n| | executions/s |\n|---|--:|\n| Peneira, end to end | %.0f |\n", b.clients, b.seconds, b.throughput)
	for i, clients := range ceilingClients {
		fmt.Fprintf(text, "| pgbench, %d clients | %.0f |\n", clients, b.ceilings[i])
	}
	fmt.Fprintf(text, "| **ratio to pgbench's best** | **%.2f** (goal: at least 1.2, %s) |\n\n", b.throughput/b.ceiling, metOrMissed(b.throughput/b.ceiling >= 1.2))
	fmt.Fprintf(text, "CPUs busy meanwhile: %s.\nLatency with all %d clients: p50 %.0f ms, p90 %.0f ms, p99 %.0f ms; that is the queue of a machine kept full.\n\n",
		b.alone.cpu.shares(b.alone.took), b.clients, b.alone.Completion.P50, b.alone.Completion.P90, b.alone.Completion.P99)
}

func (b *bencher) writeLatencies(text *strings.Builder) {
	fmt.Fprintf(text, "## On an idle server\n\nOne client, %d times each, with a rest of %v before each:\n\n"+
		"| | p50 | p90 | p99 | goal p50 | goal p99 |\n|---|--:|--:|--:|--:|--:|\n", idleSamples, idlePause)
	for _, l := range b.latencies {
		fmt.Fprintf(text, "| %s | %.2f ms | %.2f ms | %.2f ms | %s | %s |\n", l.name, l.P50, l.P90, l.P99, besideGoal(l.P50, l.goalP50), besideGoal(l.P99, l.goalP99))
	}
	text.WriteString("\n")
}

func (b *bencher) writeRoles(text *strings.Builder) {
	text.WriteString("## One process accepts while others work\n\nThe same load. The workers share as many sandboxes as there are CPUs, at least one each; `alone` is one process that does both.\n\n")
	writeLayouts(text, "alone", append([]layout{*b.alone}, b.layouts...))
	if len(b.small) == 0 {
		fmt.Fprintf(text, "What small workers add was not measured: %v.\n\n", errNoQuota)
	} else {
		fmt.Fprintf(text, "Workers that are held to %d%% of a CPU each, sandbox and all, as if each had a small machine to itself; the first process accepts\n"+
			"and is held to nothing:\n\n", smallShare)
		writeLayouts(text, "one", b.small)
	}
	text.WriteString("The last columns are CPUs kept busy.\n\n")
}

// writeLayouts writes a table of layouts, each compared with the first, which is called so.
func writeLayouts(text *strings.Builder, first string, layouts []layout) {
	fmt.Fprintf(text, "| processes | executions/s | × %s | p50 | p99 |", first)
	for _, part := range cpuParts {
		fmt.Fprintf(text, " %s |", part)
	}
	text.WriteString("\n|---|--:|--:|--:|--:|" + strings.Repeat("--:|", len(cpuParts)) + "\n")
	for _, l := range layouts {
		fmt.Fprintf(text, "| %s | %.0f | %.2f | %.0f ms | %.0f ms |", l.name, l.CompletedPerSecond,
			l.CompletedPerSecond/layouts[0].CompletedPerSecond, l.Completion.P50, l.Completion.P99)
		for _, part := range cpuParts {
			fmt.Fprintf(text, " %.2f |", l.cpu[part].Seconds()/l.took.Seconds())
		}
		text.WriteString("\n")
	}
	text.WriteString("\n")
}

// idleLatency is a latency of an idle server, and its goals in milliseconds; 0: it has none.
type idleLatency struct {
	name string
	load.Latency

	goalP50, goalP99 float64
}

// besideGoal writes a goal, and whether it was met.
func besideGoal(value, want float64) string {
	if want == 0 {
		return ""
	}
	return fmt.Sprintf("%g ms, %s", want, metOrMissed(value <= want))
}

func metOrMissed(met bool) string {
	if met {
		return "met"
	}
	return "missed"
}

// shares writes how many CPUs each part kept busy.
func (c cpu) shares(took time.Duration) string {
	var total time.Duration
	texts := make([]string, 0, len(cpuParts))
	for _, part := range cpuParts {
		total += c[part]
		texts = append(texts, fmt.Sprintf("%s %.2f", part, c[part].Seconds()/took.Seconds()))
	}
	return fmt.Sprintf("%.2f of %d: %s", total.Seconds()/took.Seconds(), runtime.NumCPU(), strings.Join(texts, ", "))
}
