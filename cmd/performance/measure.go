package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"slices"
	"sync"
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

// result is how long one case took.
type result struct {
	measured
	ours, warm times // warm is zero without Node
	cold       time.Duration
}

// times are percentiles of times.
type times struct{ p50, p99, least time.Duration }

// boundary is what the way into a sandbox and back costs for the smallest case, with as many runs in flight as there are
// sandboxes.
type boundary struct {
	inFlight    int
	inside, all times
	overhead    times
}

// limits are generous: what is measured is speed.
func limits() sandbox.Limits { return sandbox.Limits{Time: time.Minute, MemoryBytes: 1 << 30} }

// measure carries out all measurements, one after the other, and tells on log what it does.
func measure(ctx context.Context, program string, log io.Writer) (*report, error) {
	r := &report{}
	node, err := newNode(ctx, program)
	if err != nil {
		fmt.Fprintln(log, "There is no Node to compare with:", err)
	} else {
		defer node.close()
		r.node = node.version
	}
	if err := withPool(ctx, 1, limits(), func(pool *sandbox.Pool) error { return r.cases(ctx, pool, node, log) }); err != nil {
		return nil, err
	}
	fmt.Fprintln(log, "the boundary")
	n := runtime.NumCPU()
	err = withPool(ctx, n, limits(), func(pool *sandbox.Pool) (err error) {
		r.boundary, err = crossings(ctx, pool, n)
		return err
	})
	if err != nil {
		return nil, err
	}
	fmt.Fprintln(log, "memory")
	err = withPool(ctx, 1, limits(), func(pool *sandbox.Pool) (err error) {
		r.memory, err = peaks(ctx, pool)
		return err
	})
	return r, err
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
			if _, err := execute(ctx, pool, request); err != nil {
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

// execute runs a request, whose script must not fail. It returns how long the run took within the sandbox.
func execute(ctx context.Context, pool *sandbox.Pool, r sandbox.Request) (time.Duration, error) {
	o, err := pool.Execute(ctx, r)
	if err != nil {
		return 0, err
	}
	if o.Err != nil {
		return 0, o.Err
	}
	return o.RunTime, nil
}

// crossings measures the smallest case with n runs in flight.
func crossings(ctx context.Context, pool *sandbox.Pool, n int) (boundary, error) {
	const each, first = 4000, 200
	request, err := (&measured{script: "summary.js", input: rows(few)}).request()
	if err != nil {
		return boundary{}, err
	}
	var mu sync.Mutex
	var inside, all, overhead []time.Duration
	var failed error
	var running sync.WaitGroup
	for range n {
		running.Go(func() {
			for i := range each {
				begun := time.Now()
				within, err := execute(ctx, pool, request)
				whole := time.Since(begun)
				mu.Lock()
				if err != nil {
					failed = err
				}
				if i >= first {
					inside, all, overhead = append(inside, within), append(all, whole), append(overhead, whole-within)
				}
				mu.Unlock()
			}
		})
	}
	running.Wait()
	if failed != nil {
		return boundary{}, failed
	}
	return boundary{inFlight: n, inside: percentiles(inside), all: percentiles(all), overhead: percentiles(overhead)}, nil
}

// percentiles sorts the times, of which there must be one.
func percentiles(all []time.Duration) times {
	slices.Sort(all)
	const hundred, ninetyNine = 100, 99
	return times{p50: all[len(all)/2], p99: all[len(all)*ninetyNine/hundred], least: all[0]}
}
