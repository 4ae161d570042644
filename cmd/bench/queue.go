package main

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"time"

	"peneira/internal/load"
	"peneira/internal/postgres/psql"
)

//go:embed sql/queue.sql
var queueNow string

// A script and data that are hardly anything, so that many executions take little time: what they leave in the queue is the
// same as what any others do.
const (
	tinyScript = `function process(data) { return data }`
	tinyData   = `{"n":1}`
)

const (
	// queueSamples is how often River's tables are looked at on the way to the count.
	queueSamples = 20
	// queueStep bounds the time of one of these parts; a machine that takes longer for one is too slow for the whole.
	queueStep = time.Hour
	// afterwards is how long the tables are looked at when the load is over: the 15 minutes that jobs are kept, and what the
	// cleaner and a vacuum take.
	afterwards = 18 * time.Minute
)

// measureQueue measures how large River's tables are after so many executions, as the service is by itself: with done jobs
// kept as long as the setting's default says. Then it waits until they are past that.
func (b *bencher) measureQueue(ctx context.Context) error {
	s, err := b.startSingle(ctx, "queue", tinyScript)
	if err != nil {
		return err
	}
	defer s.stop()
	fmt.Fprintf(b.out, "\nRiver's table of jobs on the way to %d executions (done ones kept by default, %d clients)\n", b.count, b.clients)
	fmt.Fprintf(b.out, "  %8s %10s %10s %9s %9s %9s %9s %9s\n",
		"minutes", "completed", "per second", "rows", "dead", "heap kB", "index kB", "vacuums")
	begin, completed, failed := time.Now(), 0, 0
	for part := range queueSamples {
		report, err := load.Run(ctx, load.Config{
			Client: s.client, Script: s.script, Data: []byte(tinyData), Expected: []byte(tinyData), Follow: load.Prefer,
			Concurrency: b.clients, Count: b.count*(part+1)/queueSamples - completed - 1, Duration: queueStep,
		})
		if err == nil && (report.Wrong > 0 || report.Completed == 0) {
			err = fmt.Errorf("%d completed, %d wrong, %d failed: %v", report.Completed, report.Wrong, report.Failed, report.Errors)
		}
		if err != nil {
			return err
		}
		// The first of each part is not in its report. What failed, as on a machine that does much else, the next part makes good.
		completed += report.Completed + 1
		failed += report.Failed
		if err := b.showQueue(ctx, s.address, begin, completed, report.CompletedPerSecond); err != nil {
			return err
		}
	}
	fmt.Fprintf(b.out, "  %d requests failed\n", failed)
	if err := b.showTables(ctx, s.address); err != nil {
		return err
	}
	for end := time.Now().Add(afterwards); time.Now().Before(end); {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(afterwards / 6):
		}
		if err := b.showQueue(ctx, s.address, begin, completed, 0); err != nil {
			return err
		}
	}
	return b.showTables(ctx, s.address)
}

// riverTable is what one of River's tables takes.
type riverTable struct {
	name                              string
	rows, dead, heap, index, vacuumed int
}

// riverTables reads them all, that of the jobs first.
func riverTables(ctx context.Context, address string) (tables []riverTable, err error) {
	answer, err := psql.Run(ctx, address, queueNow, nil)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(answer) {
		var t riverTable
		if _, err := fmt.Sscan(strings.ReplaceAll(line, "|", " "), &t.name, &t.rows, &t.dead, &t.heap, &t.index, &t.vacuumed); err != nil {
			return nil, fmt.Errorf("read the sizes of River's tables from %q: %w", line, err)
		}
		tables = append(tables, t)
	}
	return tables, nil
}

// showQueue prints what the table of jobs is now.
func (b *bencher) showQueue(ctx context.Context, address string, begin time.Time, completed int, rate float64) error {
	tables, err := riverTables(ctx, address)
	if err != nil {
		return err
	}
	jobs := tables[0]
	fmt.Fprintf(b.out, "  %8.1f %10d %10.0f %9d %9d %9d %9d %9d\n",
		time.Since(begin).Minutes(), completed, rate, jobs.rows, jobs.dead, jobs.heap, jobs.index, jobs.vacuumed)
	return nil
}

// showTables prints what each of River's tables is now, with the executions that the database itself counts.
func (b *bencher) showTables(ctx context.Context, address string) error {
	tables, err := riverTables(ctx, address)
	if err != nil {
		return err
	}
	stored, err := psql.Run(ctx, address, "SELECT count(*) FROM executions WHERE status = 'completed'", nil)
	if err != nil {
		return err
	}
	fmt.Fprintf(b.out, "  %s executions are stored as completed; River's tables:\n", strings.TrimSpace(stored))
	for _, t := range tables {
		fmt.Fprintf(b.out, "    %-22s %9d rows %9d dead %9d kB %9d kB of indexes\n", t.name, t.rows, t.dead, t.heap, t.index)
	}
	return nil
}
