package main

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"peneira/internal/load"
	"peneira/internal/postgres/psql"
)

//go:embed sql/jobs.sql
var jobsNow string

// jobSamples is how often River's table is looked at.
const jobSamples = 10

// measureJobs measures how large River's table of jobs gets under steady load, with jobs that are done kept for a minute
// only: so it is seen over several such periods whether what is removed makes room for what comes. The rows it settles at are
// those of a period; a longer one keeps so many times as much.
func (b *bencher) measureJobs(ctx context.Context) error {
	s, err := b.startSingle(ctx, "jobs", b.example.script, "--job-retention=1m")
	if err != nil {
		return err
	}
	defer s.stop()
	fmt.Fprintf(b.out, "\nRiver's table of jobs under load (done ones kept for 1m, %d clients, %s)\n", b.clients, b.duration())
	fmt.Fprintf(b.out, "  %10s %10s %9s %9s %9s %9s %9s %9s\n",
		"completed", "per second", "rows", "dead", "heap kB", "index kB", "kB/1000", "vacuums")
	for range jobSamples {
		report, err := load.Run(ctx, b.loop(s.hosted, b.duration()/jobSamples))
		if err != nil {
			return err
		}
		answer, err := psql.Run(ctx, s.address, jobsNow, nil)
		if err != nil {
			return err
		}
		var rows, dead, heap, index, vacuums, completed int
		if _, err := fmt.Sscan(strings.ReplaceAll(answer, "|", " "), &rows, &dead, &heap, &index, &vacuums, &completed); err != nil {
			return fmt.Errorf("read the size of the table: %w", err)
		}
		fmt.Fprintf(b.out, "  %10d %10.0f %9d %9d %9d %9d %9.0f %9d\n",
			completed, report.CompletedPerSecond, rows, dead, heap, index, float64(heap+index)*1000/float64(max(rows, 1)), vacuums)
	}
	return nil
}
