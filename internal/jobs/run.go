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
	// HandOnLost does so with the jobs that process self is said to run and does not know.
	HandOnLost(ctx context.Context, self string, known func(job int64) bool) (int, error)
}

// handOnEvery is how often a process looks for dead ones: with the time PostgreSQL takes to notice, jobs of a killed
// process run again within two seconds.
const handOnEvery = time.Second

// relivePause is how long a process that lost its proof of life waits before it takes it again.
const relivePause = 250 * time.Millisecond

// Run works on jobs until ctx ends, then stops: running jobs get the stop time to finish, and the rest goes back into the
// queue. It returns nil after a clean stop. For a client that only inserts, it just waits.
func (c *Client) Run(ctx context.Context) error {
	defer c.stop()
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
	if !c.start(ctx) {
		return nil
	}
	c.handOn(ctx)
	c.stop()
	defer c.worker.headstarts.close()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.work.StopTime+stopSlack)
	defer cancel()
	if err := c.river.Stop(stopping); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stop the queue: %w", err)
	}
	return nil
}

// start starts the queue, for which the database may go away at any moment. It reports false when ctx ends before.
func (c *Client) start(ctx context.Context) bool {
	for {
		err := c.river.Start(context.WithoutCancel(ctx))
		if err == nil {
			return true
		}
		c.log.WarnContext(ctx, "cannot start the queue; trying again", "error", err)
		select {
		case <-ctx.Done():
			return false
		case <-time.After(restartPause):
		}
	}
}

// restartPause is how long a process waits before it starts the queue again.
const restartPause = 250 * time.Millisecond

// stopSlack is what the queue gets, past the stop time, to hand back what is left.
const stopSlack = 10 * time.Second

// handOn hands on the jobs of dead processes, and those of this one that it does not know of, until ctx ends.
func (c *Client) handOn(ctx context.Context) {
	for {
		next := time.NewTimer(c.handOnOnce(ctx))
		select {
		case <-ctx.Done():
			next.Stop()
			return
		case <-next.C:
		}
	}
}

// lookFactor is for how many times what a look at the others took they are not looked at, if that is more than a second. A look takes a
// millisecond, but is slow for the reason that fetching then is: see fetcher.
const lookFactor = 5

// handOnOnce returns when to look again.
func (c *Client) handOnOnce(ctx context.Context) time.Duration {
	if !c.proof.mayJudge() {
		return handOnEvery
	}
	begun := time.Now()
	n, err := c.work.Processes.HandOn(ctx, c.id)
	c.noteHandedOn(ctx, "handed on the jobs of a dead worker", n, err)
	c.held.forget(time.Now().Add(-heldAfter))
	lost, lostErr := c.work.Processes.HandOnLost(ctx, c.id, c.held.has)
	c.noteHandedOn(ctx, "handed on jobs that were lost on their way here", lost, lostErr)
	if err != nil || lostErr != nil {
		return handOnEvery
	}
	took := time.Since(begun)
	return max(handOnEvery-took, min(lookFactor*took, maxRest))
}

func (c *Client) noteHandedOn(ctx context.Context, message string, n int, err error) {
	if n > 0 {
		c.work.Observer.JobsHandedOn(n)
		c.log.WarnContext(ctx, message, "jobs", n)
	}
	if err != nil && ctx.Err() == nil {
		c.log.WarnContext(ctx, "cannot look for jobs to hand on", "error", err)
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
