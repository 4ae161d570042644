package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"peneira/internal/postgres/psql"
)

//go:embed sql/drop_month.sql
var dropMonth string

// dropMonth drops the oldest month. It returns for how many milliseconds the table was locked, and how many it took in all.
func (l *life) dropMonth(ctx context.Context) (locked, took float64, err error) {
	answer, err := psql.Run(ctx, l.address, dropMonth, nil)
	if err != nil {
		return 0, 0, err
	}
	var dropped int
	if _, err := fmt.Sscan(strings.ReplaceAll(answer, "|", " "), &dropped, &locked, &took); err != nil || dropped != 1 {
		return 0, 0, fmt.Errorf("not one month was dropped: %s (%w)", answer, err)
	}
	return locked, took, nil
}

// makeMonths makes the month that lies so many back, empty, and as many more that follow it.
func (l *life) makeMonths(ctx context.Context, back, more int) error {
	_, err := psql.Run(ctx, l.address, "SELECT executions_make_partitions(now() - make_interval(months => :'back'::integer), :'more'::integer)",
		map[string]string{"back": strconv.Itoa(back), "more": strconv.Itoa(more)})
	return err
}

// addMonth makes the month that lies so many back, with so many executions.
func (l *life) addMonth(ctx context.Context, back, rows int) error {
	if err := l.makeMonths(ctx, back, 0); err != nil {
		return err
	}
	if err := l.plantMonth(ctx, l.address, l.hosted.script, back, rows, 0); err != nil {
		return err
	}
	return l.bench.db.settle(ctx, l.address)
}

// dropClients is how many clients run executions while a month is dropped, each one after the other.
const dropClients = 4

// drop compares the dropping of months past the retention, by the function that the service calls for it: for how long it locks
// the table, how long the slowest of those take who want something meanwhile, and how long the job itself takes.
func (g *growth) drop(ctx context.Context) error {
	if err := g.lives[0].makeMonths(ctx, growthRounds+1, growthRounds); err != nil {
		return err
	}
	if err := g.working(ctx); err != nil {
		return err
	}
	if err := g.compareAll(ctx, []string{
		"dropping the oldest month: lock on the table", "dropping it: the slowest executions meanwhile", "dropping it: the job, with its files",
	}, g.dropUnderLoad); err != nil {
		return err
	}
	// The month that was dropped is an empty one there, and freeing nothing takes no time. What growth does to it is seen against one
	// of the same size, beside which there is nothing.
	full, back := g.lives[1].seed, 0
	return g.compareAll(ctx, []string{
		"one of the same size: lock on the table", "of the same size: the slowest executions meanwhile", "of the same size: the job, with its files",
	}, func(ctx context.Context, l *life) ([]float64, error) {
		if l == g.lives[0] {
			back++ // a month of its own each time, for the audit log still has the lines of those before
			if err := l.addMonth(ctx, back, full.rows/full.months); err != nil {
				return nil, err
			}
		}
		return g.dropUnderLoad(ctx, l)
	})
}

// dropWindow is from the beginning of a drop on the time whose slowest executions count. It is longer than a drop.
const dropWindow = 500 * time.Millisecond

// dropUnderLoad drops a month while clients run executions. It returns for how many milliseconds the table was locked, how many
// the slowest executions took from POST to result of those that fell into the window, and how many the drop took.
func (g *growth) dropUnderLoad(ctx context.Context, l *life) ([]float64, error) {
	type span struct{ begun, ended time.Time }
	var (
		clients sync.WaitGroup
		mu      sync.Mutex
		posts   []span
		failed  error
	)
	dropped, started := make(chan struct{}), make(chan struct{}, dropClients)
	for range dropClients {
		clients.Go(func() {
			for n := 0; ; n++ {
				post := span{begun: time.Now()}
				_, err := l.hosted.client.Post(ctx, l.hosted.script, g.example.data, true)
				post.ended = time.Now()
				mu.Lock()
				posts = append(posts, post)
				failed = errors.Join(failed, err)
				mu.Unlock()
				if n == warmPosts || err != nil && n < warmPosts {
					started <- struct{}{}
				}
				select {
				case <-dropped:
					return
				default:
				}
				if err != nil {
					return
				}
			}
		})
	}
	for range dropClients {
		<-started
	}
	drop := span{begun: time.Now()}
	locked, took, err := l.dropMonth(ctx)
	// A longer drop would meet more executions, and so a slower one among them: both get the same time.
	select {
	case <-time.After(time.Until(drop.begun.Add(dropWindow))):
	case <-ctx.Done():
	}
	drop.ended = time.Now()
	close(dropped)
	clients.Wait()
	var times []float64
	for _, post := range posts {
		if post.ended.After(drop.begun) && post.begun.Before(drop.ended) {
			times = append(times, float64(post.ended.Sub(post.begun).Microseconds())/1000)
		}
	}
	return []float64{locked, slowest(times), took}, errors.Join(err, failed)
}

// slowest is the mean of the largest of some times, as many as there are clients: the slowest alone tells of chance.
func slowest(times []float64) float64 {
	slices.Sort(times)
	sum := 0.0
	top := times[max(0, len(times)-dropClients):]
	for _, t := range top {
		sum += t
	}
	return sum / float64(max(len(top), 1))
}

// warmPosts is how many executions each client runs before a month is dropped.
const warmPosts = 20
