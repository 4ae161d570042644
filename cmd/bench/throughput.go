package main

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"peneira/internal/load"
	"peneira/internal/trial"
)

// executionWait is how long an execution may take under load.
const executionWait = 30 * time.Second

func (b *bencher) client(s *trial.Process) *load.Client {
	return load.NewClient(s.URL, "", executionWait, b.clients)
}

// hosted is a server with the example's script.
type hosted struct {
	client *load.Client
	script string
}

func (b *bencher) host(ctx context.Context, s *trial.Process) (hosted, error) {
	h := hosted{client: b.client(s)}
	var err error
	h.script, err = h.client.Host(ctx, "bench", b.example.script)
	return h, err
}

// loop is a closed loop of load: each client POSTs with Prefer: wait, one after the other, and every output is checked.
func (b *bencher) loop(h hosted, duration time.Duration) load.Config {
	return load.Config{
		Client: h.client, Script: h.script, Data: b.example.data, Expected: b.example.expected, Follow: load.Prefer,
		Concurrency: b.clients, Duration: duration,
	}
}

// drive runs a closed loop of load, after a shorter one that warms everything up.
func (b *bencher) drive(ctx context.Context, h hosted, duration time.Duration) (load.Report, error) {
	if _, err := load.Run(ctx, b.loop(h, min(duration, 3*time.Second))); err != nil {
		return load.Report{}, err
	}
	report, err := load.Run(ctx, b.loop(h, duration))
	if err == nil && !report.Good() {
		err = fmt.Errorf("%d wrong, %d failed: %v", report.Wrong, report.Failed, report.Errors)
	}
	return report, err
}

// measureThroughput measures the whole service in one process: POST with Prefer: wait, every output checked.
func (b *bencher) measureThroughput(ctx context.Context) error {
	alone, err := b.layout(ctx, "alone", process{role: "all", sandboxes: runtime.NumCPU()})
	if err != nil {
		return err
	}
	b.alone, b.throughput = &alone, alone.CompletedPerSecond
	fmt.Fprintf(b.out, "\nEnd to end, one process (POST with Prefer: wait, %d clients, every output checked)\n", b.clients)
	fmt.Fprintf(b.out, "  %-12s %30.0f executions/s\n", "completed", alone.CompletedPerSecond)
	fmt.Fprintf(b.out, "  %-12s %s\n", "latency", alone.Completion)
	alone.cpu.write(b.out, alone.took)
	return nil
}
