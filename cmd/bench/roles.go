package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"peneira/internal/load"
	"peneira/internal/trial"
)

// roleWorkers are how many processes work while another accepts. On more CPUs than these have, more would gain more.
var roleWorkers = []int{1, 2, 3}

// layout is a number of processes that share the roles, and what they reached.
type layout struct {
	name string
	load.Report

	cpu  cpu
	took time.Duration
}

// measureRoles measures one process that accepts while others work, with as many sandboxes together as there are CPUs,
// against one process that does both.
func (b *bencher) measureRoles(ctx context.Context) error {
	fmt.Fprintf(b.out, "\nOne process accepts while others work (POST with Prefer: wait, %d clients, every output checked)\n", b.clients)
	if b.alone == nil {
		alone, err := b.layout(ctx, "alone", process{role: "all", sandboxes: runtime.NumCPU()})
		if err != nil {
			return err
		}
		b.alone = &alone
	}
	b.writeLayout(*b.alone, "alone", *b.alone)
	for _, workers := range roleWorkers {
		worker := process{role: "worker", sandboxes: max(1, runtime.NumCPU()/workers)}
		processes := append([]process{{role: "api", sandboxes: 1}}, slices.Repeat([]process{worker}, workers)...)
		l, err := b.layout(ctx, fmt.Sprintf("1 + %d", workers), processes...)
		if err != nil {
			return err
		}
		b.layouts = append(b.layouts, l)
		b.writeLayout(l, "alone", *b.alone)
	}
	return nil
}

// writeLayout writes a layout, compared with the first of its kind, which is called so.
func (b *bencher) writeLayout(l layout, name string, first layout) {
	fmt.Fprintf(b.out, "  %-7s %6.0f executions/s, %.2f × %s, p50 %.0f ms, p99 %.0f ms\n", l.name,
		l.CompletedPerSecond, l.CompletedPerSecond/first.CompletedPerSecond, name, l.Completion.P50, l.Completion.P99)
	l.cpu.write(b.out, l.took)
}

// process is one of the processes of a layout.
type process struct {
	role      string
	sandboxes int
	quota     *quota // of the CPUs; nil: all of them
}

// layout measures processes, the first of which accepts, on a database of their own.
func (b *bencher) layout(ctx context.Context, name string, of ...process) (l layout, err error) {
	b.databases++
	address, err := b.db.Create(ctx, fmt.Sprintf("roles%d", b.databases))
	if err != nil {
		return l, err
	}
	var processes []*trial.Process
	defer func() {
		for _, p := range processes {
			_ = p.Stop()
		}
	}()
	for _, p := range of {
		started, err := b.startHeld(ctx, p.quota, address, p.role, fmt.Sprintf("--sandboxes=%d", p.sandboxes))
		if err != nil {
			return l, err
		}
		processes = append(processes, started)
	}
	h, err := b.host(ctx, processes[0])
	if err != nil {
		return l, err
	}
	defer h.client.Close()
	l.name = name
	l.cpu, l.took, l.Report, err = b.driveCounted(ctx, h)
	if err != nil {
		return l, errors.Join(err, errNoSamples)
	}
	return l, nil
}

// driveCounted drives a load, and counts what it takes of the CPUs.
func (b *bencher) driveCounted(ctx context.Context, h hosted) (cpu, time.Duration, load.Report, error) {
	before, begun := cpuTimes(b.db), time.Now()
	report, err := b.drive(ctx, h, b.duration())
	return cpuTimes(b.db).since(before), time.Since(begun), report, err
}
