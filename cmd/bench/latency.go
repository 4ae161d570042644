package main

import (
	"context"
	"fmt"
	"time"

	"peneira/internal/load"
)

// idleSamples is how often each latency is measured, and idlePause how long the service rests before each.
const (
	idleSamples = 500
	idlePause   = 5 * time.Millisecond
)

// measureLatency measures how long one client waits whom nobody else disturbs.
func (b *bencher) measureLatency(ctx context.Context) error {
	s, err := b.startSingle(ctx, "latency", b.example.script)
	if err != nil {
		return err
	}
	defer s.stop()
	var last string
	post := func(ctx context.Context) error {
		e, err := s.client.Post(ctx, s.script, b.example.data, false)
		if err == nil {
			last = e.ID
			_, err = s.client.Await(ctx, e.ID)
		}
		return err
	}
	prefer := func(ctx context.Context) error {
		_, err := s.client.Post(ctx, s.script, b.example.data, true)
		return err
	}
	fetch := func(ctx context.Context) error { return s.client.Get(ctx, "/api/executions/"+last) }
	if err := post(ctx); err != nil {
		return err
	}
	old := last // by the time that it is asked for, the service has nothing of it at hand
	fetchOld := func(ctx context.Context) error { return s.client.Get(ctx, "/api/executions/"+old) }

	fmt.Fprintf(b.out, "\nLatency when idle (one client, %d times each)\n", idleSamples)
	for _, l := range []struct {
		before, do func(context.Context) error
		idleLatency
	}{
		{nil, post, idleLatency{name: "POST → completed, seen by `GET …?wait`", goalP50: 5, goalP99: 15}},
		{nil, prefer, idleLatency{name: "POST with `Prefer: wait`", goalP50: 5}},
		{post, fetch, idleLatency{name: "GET of a result, after its end was seen", goalP50: 1}},
		{nil, fetchOld, idleLatency{name: "GET of a result, later", goalP50: 1}},
	} {
		if l.Latency, err = b.sample(ctx, l.name, l.before, l.do); err != nil {
			return err
		}
		b.latencies = append(b.latencies, l.idleLatency)
		b.goals = append(b.goals, goal{l.name + ", p50", l.P50, l.goalP50, false, "ms"})
		if l.goalP99 > 0 {
			b.goals = append(b.goals, goal{l.name + ", p99", l.P99, l.goalP99, false, "ms"})
		}
	}
	return nil
}

// sample measures something many times, one after the other with a rest before each, and prints the distribution. What is done
// before each, and before its rest, is not measured.
func (b *bencher) sample(ctx context.Context, name string, before, do func(context.Context) error) (load.Latency, error) {
	if before == nil {
		before = func(context.Context) error { return nil }
	}
	for range idleSamples / 10 { // warms up
		if err := before(ctx); err != nil {
			return load.Latency{}, err
		}
		if err := do(ctx); err != nil {
			return load.Latency{}, err
		}
	}
	times := load.NewHistogram()
	rest := time.NewTicker(idlePause)
	defer rest.Stop()
	for range idleSamples {
		if err := before(ctx); err != nil {
			return load.Latency{}, err
		}
		rest.Reset(idlePause)
		select {
		case <-rest.C:
		case <-ctx.Done():
			return load.Latency{}, ctx.Err()
		}
		begun := time.Now()
		if err := do(ctx); err != nil {
			return load.Latency{}, err
		}
		times.Add(time.Since(begun))
	}
	l := times.Latency()
	fmt.Fprintf(b.out, "  %-40s %s\n", name, l)
	return l, nil
}
