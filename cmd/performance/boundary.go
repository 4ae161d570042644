package main

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"peneira/internal/sandbox"
	"peneira/internal/sandbox/child"
)

// boundary is what the way into a sandbox and back costs for the smallest case: the same reader, script and writer, through
// the pool and in this process, with as many runs in flight as there are sandboxes.
type boundary struct {
	inFlight    int
	pool, local times
}

// The two take turns, so that what else the machine does meets both.
const (
	boundaryRounds = 20
	boundaryEach   = 250 // runs of one goroutine in a round
)

// sandboxGCPercent is how often the collector works in a sandbox; the runs in this process get the same.
const sandboxGCPercent = 200

// crossings measures the boundary with n runs in flight.
func crossings(ctx context.Context, pool *sandbox.Pool, n int) (boundary, error) {
	defer debug.SetGCPercent(debug.SetGCPercent(sandboxGCPercent))
	request, err := (&measured{script: "summary.js", input: rows(few)}).request()
	if err != nil {
		return boundary{}, err
	}
	local, err := child.NewLocal(request.Program.Source)
	if err != nil {
		return boundary{}, err
	}
	throughPool := func() error { return execute(ctx, pool, request) }
	here := func() error {
		_, err := local.Run(request.Input)
		return err
	}
	var through, within []time.Duration
	for round := range boundaryRounds + 1 {
		a, err := together(n, throughPool)
		if err != nil {
			return boundary{}, fmt.Errorf("through the pool: %w", err)
		}
		b, err := together(n, here)
		if err != nil {
			return boundary{}, fmt.Errorf("in this process: %w", err)
		}
		if round > 0 { // the first one warms up
			through, within = append(through, a...), append(within, b...)
		}
	}
	return boundary{inFlight: n, pool: percentiles(through), local: percentiles(within)}, nil
}

// together times f, called boundaryEach times by each of n goroutines. The error is the last that f returned.
func together(n int, f func() error) ([]time.Duration, error) {
	var mu sync.Mutex
	var all []time.Duration
	var failed error
	var running sync.WaitGroup
	for range n {
		running.Go(func() {
			own := make([]time.Duration, 0, boundaryEach)
			var err error
			for range boundaryEach {
				begun := time.Now()
				if e := f(); e != nil {
					err = e
				}
				own = append(own, time.Since(begun))
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, own...)
			if err != nil {
				failed = err
			}
		})
	}
	running.Wait()
	return all, failed
}
