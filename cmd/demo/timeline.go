package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"time"
)

// writeTimeline shows when an execution was accepted, started and completed, and where its time went.
func writeTimeline(out io.Writer, ink ink, e *execution) {
	step := func(name string, at time.Time, note string) {
		fmt.Fprintf(out, "%s  %s  %s  %s\n", ink.bold(fmt.Sprintf("%-9s", name)), at.Format("15:04:05.000000"),
			fmt.Sprintf("%+10s", "+"+milliseconds(at.Sub(e.CreatedAt))), ink.dim(note))
	}
	step("accepted", e.CreatedAt, "answered after "+milliseconds(e.accepted))
	step("started", e.StartedAt, "waited "+milliseconds(e.StartedAt.Sub(e.CreatedAt))+" in the queue")
	step("completed", e.CompletedAt, "ran "+milliseconds(e.runTime())+" in the sandbox")
	fmt.Fprintf(out, "\n%s from POST to completed, %s until this client had read the result\n",
		ink.bold(milliseconds(e.total())), milliseconds(e.seen))
}

// total is the time from the POST's sending to the execution's completion. Both clocks are compared, so it is only as
// right as they agree; when they clearly do not, the server's own interval stands in.
func (e *execution) total() time.Duration {
	if total := e.CompletedAt.Sub(e.posted); total > 0 && total <= e.seen {
		return total
	}
	return e.CompletedAt.Sub(e.CreatedAt)
}

func (e *execution) runTime() time.Duration { return time.Duration(e.RunTimeUs) * time.Microsecond }

// writePercentiles shows the median and the 99th percentile over all runs.
func writePercentiles(out io.Writer, ink ink, runs []*execution) {
	fmt.Fprintf(out, "%s\n", ink.bold(fmt.Sprintf("%-28s %10s %10s", fmt.Sprintf("%d runs, one at a time", len(runs)), "p50", "p99")))
	for _, measure := range []struct {
		name string
		of   func(*execution) time.Duration
	}{
		{"answer to the POST", func(e *execution) time.Duration { return e.accepted }},
		{"queue wait", func(e *execution) time.Duration { return e.StartedAt.Sub(e.CreatedAt) }},
		{"run time in the sandbox", (*execution).runTime},
		{"POST to completed", (*execution).total},
		{"POST to result read", func(e *execution) time.Duration { return e.seen }},
	} {
		times := make([]time.Duration, len(runs))
		for i, e := range runs {
			times[i] = measure.of(e)
		}
		slices.Sort(times)
		fmt.Fprintf(out, "%-28s %10s %10s\n", measure.name, milliseconds(percentile(times, 0.50)), milliseconds(percentile(times, 0.99)))
	}
}

// percentile returns the smallest of the sorted times that at least the given share of them does not exceed.
func percentile(sorted []time.Duration, share float64) time.Duration {
	rank := int(math.Ceil(share * float64(len(sorted))))
	return sorted[max(rank, 1)-1]
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
}
