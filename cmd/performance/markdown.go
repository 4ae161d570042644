package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"
)

// markdown returns the report as text.
func (r *report) markdown() string {
	var b strings.Builder
	b.WriteString("# How fast scripts run\n\n")
	b.WriteString("Written by `make performance`, from one run on one machine: " +
		fmt.Sprintf("%s, %s/%s, %d CPUs", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU()))
	if r.node != "" {
		fmt.Fprintf(&b, ", Node %s", r.node)
	}
	b.WriteString(".\nThe rows have the shape of the central bank's card statistics (230 bytes each); the scripts are in `cmd/performance/scripts`.\n\n")
	r.writeCases(&b)
	r.writeBoundary(&b)
	r.writeMemory(&b)
	return b.String()
}

// part returns one part of the report as text.
func (r *report) part(name string) string {
	var b strings.Builder
	switch name {
	case partBoundary:
		r.writeBoundary(&b)
	case partMemory:
		r.writeMemory(&b)
	default:
		r.writeCases(&b)
	}
	return b.String()
}

func (r *report) writeCases(b *strings.Builder) {
	b.WriteString("## From JSON to JSON\n\nOurs is the whole way: into a sandbox, read, run, write, and back, checked. ")
	if r.node == "" {
		b.WriteString("There was no Node to compare with.\n\n| case | ours, median | least |\n|---|--:|--:|\n")
		for _, c := range r.results {
			fmt.Fprintf(b, "| %s | %s | %s |\n", c.name, show(c.ours.p50), show(c.ours.least))
		}
		b.WriteByte('\n')
		return
	}
	b.WriteString("Node's is `JSON.parse`, the same script and `JSON.stringify` in one warm process with nothing around it; cold is a\n" +
		"new `node` process for one run. The ratio is of the medians.\n\n" +
		"| case | ours, median | least | Node, warm | least | ratio | goal | Node, cold |\n|---|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, c := range r.results {
		goal := ""
		if c.goal > 0 {
			goal = fmt.Sprintf("≤ %g", c.goal)
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %.2f | %s | %s |\n", c.name, show(c.ours.p50), show(c.ours.least),
			show(c.warm.p50), show(c.warm.least), float64(c.ours.p50)/float64(c.warm.p50), goal, show(c.cold))
	}
	b.WriteByte('\n')
}

func (r *report) writeBoundary(b *strings.Builder) {
	x := r.boundary
	fmt.Fprintf(b, "## The way into a sandbox and back\n\nSix rows, %d runs in flight on %d sandboxes, against the same reader, script and writer in one process, "+
		"%d at once,\nby turns. The difference is the cost of the boundary; the goal is 150 µs at the median.\n\n", x.inFlight, x.inFlight, x.inFlight)
	b.WriteString("| | median | 99 % |\n|---|--:|--:|\n")
	fmt.Fprintf(b, "| through the pool | %s | %s |\n", show(x.pool.p50), show(x.pool.p99))
	fmt.Fprintf(b, "| in one process | %s | %s |\n", show(x.local.p50), show(x.local.p99))
	fmt.Fprintf(b, "| the difference | %s | %s |\n\n", show(x.pool.p50-x.local.p50), show(x.pool.p99-x.local.p99))
}

func (r *report) writeMemory(b *strings.Builder) {
	b.WriteString("## Memory for 100,000 rows\n\n")
	m := r.memory
	if !m.measurable {
		b.WriteString("This system does not tell how much memory a process took at most.\n")
		return
	}
	times := func(n int64) float64 { return float64(n) / float64(m.input) }
	fmt.Fprintf(b, "The input has %d MB. The goal is that the sandbox takes at most 8 times as much, all of it counted, and the server at most\n"+
		"the input itself.\n\n| process | peak | × input |\n|---|--:|--:|\n", megabytes(m.input))
	for _, script := range []string{"summary.js", "enrich.js", "spread.js"} {
		fmt.Fprintf(b, "| sandbox, `%s` | %d MB | %.1f |\n", script, megabytes(m.byScript[script]), times(m.byScript[script]))
	}
	held := m.input + max(0, m.grownBy)
	fmt.Fprintf(b, "| server: the input, and what it grew by | %d MB | %.2f |\n", megabytes(held), times(held))
}

func megabytes(n int64) int64 { return (n + 500_000) / 1_000_000 }

// show writes a time with three digits.
func show(d time.Duration) string {
	switch us := float64(d) / float64(time.Microsecond); {
	case us < 1000:
		return fmt.Sprintf("%.0f µs", us)
	case us < 10_000:
		return fmt.Sprintf("%.2f ms", us/1000)
	default:
		return fmt.Sprintf("%.0f ms", us/1000)
	}
}
