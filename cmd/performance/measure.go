package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"slices"
	"time"

	"peneira/internal/sandbox"
)

// report is what was measured.
type report struct {
	node     string // its version; empty when there is none
	results  []result
	boundary boundary
	memory   memory
}

// The parts of a report.
const (
	partCases    = "cases"
	partBoundary = "boundary"
	partMemory   = "memory"
)

// result is how long one case took.
type result struct {
	measured
	ours, warm times // warm is zero without Node
	cold       time.Duration
}

// times are percentiles of times.
type times struct{ p50, p99, least time.Duration }

// limits are generous: what is measured is speed.
func limits() sandbox.Limits { return sandbox.Limits{Time: time.Minute, MemoryBytes: 1 << 30} }

// measure carries out all measurements, or one part of them, one after the other, and tells on log what it does.
func measure(ctx context.Context, part, program string, log io.Writer) (*report, error) {
	r := &report{}
	n := runtime.NumCPU()
	for _, p := range []struct {
		name     string
		carryOut func() error
	}{
		{partBoundary, func() error {
			return withPool(ctx, n, limits(), func(pool *sandbox.Pool) (err error) {
				r.boundary, err = crossings(ctx, pool, n)
				return err
			})
		}},
		{partMemory, func() (err error) {
			r.memory, err = peaks(ctx)
			return err
		}},
		{partCases, func() error {
			return withPool(ctx, 1, limits(), func(pool *sandbox.Pool) error { return r.compare(ctx, pool, program, log) })
		}},
	} {
		if part != "" && part != p.name {
			continue
		}
		fmt.Fprintln(log, "part:", p.name)
		if err := p.carryOut(); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// compare measures the cases, and Node if there is one.
func (r *report) compare(ctx context.Context, pool *sandbox.Pool, program string, log io.Writer) error {
	node, err := newNode(ctx, program)
	if err != nil {
		fmt.Fprintln(log, "There is no Node to compare with:", err)
		return r.cases(ctx, pool, nil, log)
	}
	defer node.close()
	r.node = node.version
	return r.cases(ctx, pool, node, log)
}

// withPool runs f with a pool of n sandboxes.
func withPool(ctx context.Context, n int, limits sandbox.Limits, f func(*sandbox.Pool) error) error {
	pool, err := sandbox.New(sandbox.Config{Sandboxes: n, Limits: limits, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- pool.Run(ctx) }()
	err = f(pool)
	stop()
	if ended := <-done; err == nil {
		err = ended
	}
	return err
}

// cases measures every case, ours and Node's.
func (r *report) cases(ctx context.Context, pool *sandbox.Pool, node *node, log io.Writer) error {
	for _, c := range cases() {
		fmt.Fprintln(log, c.name)
		request, err := c.request()
		if err != nil {
			return err
		}
		all := make([]time.Duration, 0, c.times)
		for i := range c.times + 1 {
			begun := time.Now()
			if err := execute(ctx, pool, request); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			if i > 0 { // the first one compiles the script
				all = append(all, time.Since(begun))
			}
		}
		done := result{measured: c, ours: percentiles(all)}
		if node != nil {
			if done.warm, done.cold, err = node.run(ctx, c); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
		r.results = append(r.results, done)
	}
	return nil
}

func (c *measured) request() (sandbox.Request, error) {
	source, err := scripts.ReadFile("scripts/" + c.script)
	return sandbox.Request{Program: sandbox.NewProgram(string(source)), Input: c.input}, err
}

// execute runs a request, whose script must not fail.
func execute(ctx context.Context, pool *sandbox.Pool, r sandbox.Request) error {
	o, err := pool.Execute(ctx, r)
	if err == nil && o.Err != nil {
		err = o.Err
	}
	return err
}

// percentiles sorts the times, of which there must be one.
func percentiles(all []time.Duration) times {
	slices.Sort(all)
	const hundred, ninetyNine = 100, 99
	return times{p50: all[len(all)/2], p99: all[len(all)*ninetyNine/hundred], least: all[0]}
}
