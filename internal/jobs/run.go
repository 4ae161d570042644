package jobs

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// Processes tells living worker processes from dead ones.
type Processes interface {
	// Live proves that process id lives, until ctx ends or the proof is lost; ready is called when it stands.
	Live(ctx context.Context, id string, ready func()) error
	// HandOn puts the jobs of every dead process but self back into the queue.
	HandOn(ctx context.Context, self string) (int, error)
}

// handOnEvery is how often a process looks for dead ones: with the time PostgreSQL takes to notice, jobs of a killed
// process run again within two seconds.
const handOnEvery = time.Second

// relivePause is how long a process that lost its proof of life waits before it takes it again.
const relivePause = 250 * time.Millisecond

// Run works on jobs until ctx ends, then stops: running jobs get the stop time to finish, and the rest goes back into the
// queue. It returns nil after a clean stop. For a client that only inserts, it just waits.
func (c *Client) Run(ctx context.Context) error {
	if c.work == nil {
		<-ctx.Done()
		return nil
	}
	// The proof of life must outlast the work: jobs that finish during the stop are still ours.
	proof, endProof := context.WithCancel(context.WithoutCancel(ctx))
	alive := make(chan struct{})
	proved := make(chan struct{})
	go func() {
		defer close(proved)
		c.live(proof, alive)
	}()
	defer func() {
		endProof()
		<-proved
	}()
	select {
	case <-alive:
	case <-ctx.Done():
		return nil
	}
	if err := c.river.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start the queue: %w", err)
	}
	c.handOnDead(ctx)
	c.stop()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.work.StopTime+stopSlack)
	defer cancel()
	if err := c.river.Stop(stopping); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stop the queue: %w", err)
	}
	return nil
}

// stopSlack is what the queue gets, past the stop time, to hand back what is left.
const stopSlack = 10 * time.Second

// live keeps the proof of life until ctx ends, taking it again whenever it is lost. It closes alive when it first stands.
func (c *Client) live(ctx context.Context, alive chan<- struct{}) {
	first := true
	for ctx.Err() == nil {
		err := c.work.Processes.Live(ctx, c.id, func() {
			if first {
				close(alive)
			}
			first = false
		})
		if ctx.Err() != nil {
			return
		}
		c.log.WarnContext(ctx, "lost the proof of life; jobs of this process may be handed on, and count only once", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(relivePause):
		}
	}
}

// handOnDead hands on the jobs of dead processes until ctx ends.
func (c *Client) handOnDead(ctx context.Context) {
	tick := time.NewTicker(handOnEvery)
	defer tick.Stop()
	for {
		n, err := c.work.Processes.HandOn(ctx, c.id)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			c.log.WarnContext(ctx, "cannot look for dead workers", "error", err)
		case n > 0:
			c.work.Observer.JobsHandedOn(n)
			c.log.WarnContext(ctx, "handed on the jobs of a dead worker", "jobs", n)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// processID makes a name for this process that no other ever has: the host and pid for people, the rest by chance.
func processID() string {
	host, err := os.Hostname()
	if err != nil {
		host = "host"
	}
	if len(host) > 40 {
		host = host[:40]
	}
	return fmt.Sprintf("%s-%d-%s", host, os.Getpid(), strings.ToLower(rand.Text()[:10]))
}
