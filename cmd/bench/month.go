package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
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

// makeMonths makes so many months before the present one, empty, for those to be dropped.
func (l *life) makeMonths(ctx context.Context, months int) error {
	_, err := psql.Run(ctx, l.address, "SELECT executions_make_partitions(now() - make_interval(months => :'months'::integer), :'months'::integer)",
		map[string]string{"months": strconv.Itoa(months)})
	return err
}

// dropClients is how many clients run executions while a month is dropped, each one after the other.
const dropClients = 4

// drop compares the dropping of months past the retention, by the function that the service calls for it: for how long it locks
// the table, how long the slowest of those takes who want something meanwhile, and how long the job itself takes.
func (g *growth) drop(ctx context.Context) error {
	if err := g.lives[0].makeMonths(ctx, growthRounds+2); err != nil {
		return err
	}
	if err := g.working(ctx); err != nil {
		return err
	}
	return g.compareAll(ctx, []string{
		"dropping the oldest month: lock on the table", "dropping it: the slowest execution meanwhile", "dropping it: the job, with its files",
	}, g.dropUnderLoad)
}

// dropUnderLoad drops a month while clients run executions. It returns for how many milliseconds the table was locked, how many
// the slowest execution took from its POST to its result of those that fell into the drop, and how many the drop took.
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
	drop.ended = time.Now()
	close(dropped)
	clients.Wait()
	slowest := time.Duration(0)
	for _, post := range posts {
		if post.ended.After(drop.begun) && post.begun.Before(drop.ended) {
			slowest = max(slowest, post.ended.Sub(post.begun))
		}
	}
	return []float64{locked, float64(slowest.Microseconds()) / 1000, took}, errors.Join(err, failed)
}

// warmPosts is how many executions each client runs before a month is dropped.
const warmPosts = 20
