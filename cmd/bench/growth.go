package main

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// How much of each is measured. Everything alternates between the two databases, so that what else the machine does meets
// both, and the median of the rounds counts.
const (
	growthRounds   = 7
	growthRequests = 100 // of a kind in a round, one after the other
	growthGoal     = 1.3
)

// measureGrowth measures what a long life costs: the same program on a database with few executions and on a full one.
func (b *bencher) measureGrowth(ctx context.Context) error {
	fmt.Fprintln(b.out, "\nGrowth: two databases of one server")
	short, err := b.begin(ctx, shortLife())
	defer func() { short.end() }()
	if err != nil {
		return err
	}
	long, err := b.begin(ctx, longLife(b.rows))
	defer func() { long.end() }()
	if err != nil {
		return err
	}
	g := &growth{bencher: b, lives: [2]*life{short, long}}
	fmt.Fprintf(b.out, "\n  %-44s %10s %10s %7s  goal: at most %.1f\n", "cost, in ms", "empty", "full", "ratio", growthGoal)
	for _, part := range []step{{"read", g.read}, {"accept", g.accepting}, {"alone", g.alone}, {"work", g.work}, {"drop", g.drop}} {
		if g.only != "" && g.only != part.name {
			continue
		}
		if err := part.measure(ctx); err != nil {
			return err
		}
	}
	return nil
}

// growth compares two lives.
type growth struct {
	*bencher

	lives [2]*life
}

// compare measures something on both, in turns, and prints the ratio of what it costs in milliseconds.
func (g *growth) compare(ctx context.Context, name string, measure func(ctx context.Context, l *life) (float64, error)) error {
	return g.compareAll(ctx, []string{name}, func(ctx context.Context, l *life) ([]float64, error) {
		cost, err := measure(ctx, l)
		return []float64{cost}, err
	})
}

// compareAll is compare for what has several costs, each with a name.
func (g *growth) compareAll(ctx context.Context, names []string, measure func(ctx context.Context, l *life) ([]float64, error)) error {
	costs := make([][2][]float64, len(names))
	for round := range growthRounds + 1 {
		for i, l := range g.lives {
			all, err := measure(ctx, l)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", names[0], l.name, err)
			}
			for j, cost := range all {
				if round > 0 { // the first warms up
					costs[j][i] = append(costs[j][i], cost)
				}
			}
		}
	}
	for j, name := range names {
		empty, full := median(costs[j][0]), median(costs[j][1])
		word := ""
		if full > growthGoal*empty {
			word = "MISSED"
		}
		fmt.Fprintf(g.out, "  %-44s %10.3f %10.3f %7.2f  %s\n", name, empty, full, full/empty, word)
	}
	return nil
}

// median is the middle one of some values, and 0 of none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// accepting compares accepting, by processes that do nothing else.
func (g *growth) accepting(ctx context.Context) error {
	return g.compare(ctx, "accepting one, by the service that is full", g.accept)
}

// alone compares what one client waits whom nobody else disturbs.
func (g *growth) alone(ctx context.Context) error {
	if err := g.working(ctx); err != nil {
		return err
	}
	return g.compare(ctx, "one alone, from POST to its result", func(ctx context.Context, l *life) (float64, error) {
		return medianTime(func() error {
			_, err := l.hosted.client.Post(ctx, l.hosted.script, g.example.data, true)
			return err
		})
	})
}

// work compares accepting and working.
func (g *growth) work(ctx context.Context) error {
	if err := g.working(ctx); err != nil {
		return err
	}
	return g.compare(ctx, "accepting and working, service that is full", func(ctx context.Context, l *life) (float64, error) {
		report, err := g.drive(ctx, l.hosted, g.part())
		if err == nil && report.CompletedPerSecond == 0 {
			err = errNoSamples
		}
		return 1000 / report.CompletedPerSecond, err
	})
}

// working has processes do all that accept. What was accepted without anybody to work on it is worked off before.
func (g *growth) working(ctx context.Context) error {
	for _, l := range g.lives {
		if err := l.serve(ctx, "all"); err != nil {
			return err
		}
	}
	for _, l := range g.lives {
		if err := l.drained(ctx); err != nil {
			return err
		}
	}
	return nil
}

// part is how long a round under load lasts.
func (g *growth) part() time.Duration { return max(g.duration()/2, time.Second) }

// accept posts for a while, with all clients, and returns how many milliseconds of the service each execution took.
func (g *growth) accept(ctx context.Context, l *life) (float64, error) {
	var (
		clients sync.WaitGroup
		count   atomic.Int64
		failed  atomic.Pointer[error]
	)
	begun := time.Now()
	deadline := begun.Add(g.part())
	for range g.clients {
		clients.Go(func() {
			for time.Now().Before(deadline) && failed.Load() == nil {
				if _, err := l.hosted.client.Post(ctx, l.hosted.script, g.example.data, false); err != nil {
					failed.Store(&err)
					return
				}
				count.Add(1)
			}
		})
	}
	clients.Wait()
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	if count.Load() == 0 {
		return 0, errNoSamples
	}
	return float64(time.Since(begun).Microseconds()) / 1000 / float64(count.Load()), nil
}

// read compares what reads: one execution, and pages of the lists.
func (g *growth) read(ctx context.Context) error {
	for _, which := range []struct {
		name string
		ids  func(l *life) []string
	}{
		{"one of the newest executions, by its id", func(l *life) []string { return l.newest }},
		{"one execution of any age, by its id", func(l *life) []string { return l.some }},
	} {
		next := 0
		if err := g.request(ctx, which.name, func(l *life) string {
			next++
			return "/api/executions/" + which.ids(l)[next/2%len(which.ids(l))]
		}); err != nil {
			return err
		}
	}
	for _, page := range []struct {
		name  string
		query func(l *life) url.Values
	}{
		{"the first", func(*life) url.Values { return url.Values{} }},
		{"from the middle on, by cursor", func(l *life) url.Values { return url.Values{"cursor": {l.middle}} }},
		{"completed", func(*life) url.Values { return url.Values{"status": {"completed"}} }},
		{"failed (3 in 100)", func(*life) url.Values { return url.Values{"status": {"failed"}} }},
		{"cancelled (2 in 1000, none of late)", func(*life) url.Values { return url.Values{"status": {"cancelled"}} }},
		{"pending (none)", func(*life) url.Values { return url.Values{"status": {"pending"}} }},
		{"running (none)", func(*life) url.Values { return url.Values{"status": {"running"}} }},
		{"of a busy script", func(l *life) url.Values { return url.Values{"scriptId": {l.hosted.script}} }},
		{"of a quiet script", func(l *life) url.Values { return url.Values{"scriptId": {l.quiet}} }},
		{"of a busy script, failed", func(l *life) url.Values {
			return url.Values{"scriptId": {l.hosted.script}, "status": {"failed"}, "size": {"10"}}
		}},
		{"of a busy script, cancelled", func(l *life) url.Values {
			return url.Values{"scriptId": {l.hosted.script}, "status": {"cancelled"}, "size": {"10"}}
		}},
		{"of a busy script, running (none)", func(l *life) url.Values {
			return url.Values{"scriptId": {l.hosted.script}, "status": {"running"}}
		}},
		{"of a quiet script, failed", func(l *life) url.Values {
			return url.Values{"scriptId": {l.quiet}, "status": {"failed"}, "size": {"5"}}
		}},
	} {
		if err := g.request(ctx, "page: "+page.name, func(l *life) string {
			return "/api/executions?" + page.query(l).Encode()
		}); err != nil {
			return err
		}
	}
	if err := g.request(ctx, "scripts: the first page", func(*life) string { return "/api/scripts?size=2" }); err != nil {
		return err
	}
	if err := g.request(ctx, "scripts: a page in the middle", func(l *life) string {
		return "/api/scripts?size=2&page=" + strconv.Itoa(max(l.scripts/4, 1))
	}); err != nil {
		return err
	}
	return g.request(ctx, "scripts: the last page", func(l *life) string {
		return "/api/scripts?size=2&page=" + strconv.Itoa(l.scripts/2)
	})
}

// request compares a GET.
func (g *growth) request(ctx context.Context, name string, path func(l *life) string) error {
	return g.compare(ctx, name, func(ctx context.Context, l *life) (float64, error) {
		return medianTime(func() error { return l.hosted.client.Get(ctx, path(l)) })
	})
}

// medianTime does something growthRequests times, one after the other, and returns how many milliseconds it takes.
func medianTime(do func() error) (float64, error) {
	times := make([]float64, 0, growthRequests)
	begun := time.Now()
	// What takes a second is told apart after a few of them.
	for len(times) < growthRequests && (len(times) < 3 || time.Since(begun) < 2*time.Second) {
		one := time.Now()
		if err := do(); err != nil {
			return 0, err
		}
		times = append(times, float64(time.Since(one).Microseconds())/1000)
	}
	return median(times), nil
}
