// Package load drives a running server over the public API and measures how it does: how many executions it accepts and
// completes in a second, how long each takes, and whether every output is right.
package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Follow says how a client learns of the end of its execution.
type Follow string

// The ways to follow an execution.
const (
	// Prefer posts with "Prefer: wait": one request for each execution, answered when it has ended. What is measured is
	// the completion alone.
	Prefer Follow = "prefer"
	// Get posts, and asks with GET ?wait for the end: the first answer is the acknowledgement, the second the completion.
	Get Follow = "get"
)

// Config says what to drive a server with.
type Config struct {
	Client *Client
	Script string // id of the script, which is hosted
	Data   []byte // JSON
	// Expected is the output that every execution must have, to the byte but for white space between tokens. Nil: that of
	// the first one.
	Expected []byte
	Follow   Follow

	// Rate is how many executions are posted in a second, whatever becomes of them (an open loop). 0: each client posts
	// its next when it has the result of its last (a closed loop).
	Rate float64
	// Concurrency is how many clients there are, from 1. In an open loop it bounds what is in flight: what would be more
	// is not sent, and counted as missed.
	Concurrency int
	// Count and Duration bound the run: whichever comes first. Duration must be more than 0; Count 0 is no bound.
	Count    int
	Duration time.Duration
}

// errWrong is the error of an execution whose output is not the expected one.
var errWrong = errors.New("wrong output")

// Run drives the server and reports. It returns an error when nothing can be measured: a setting is out of range, or the
// first execution fails. ctx ends the run early; what is in flight then counts as failed.
func Run(ctx context.Context, cfg Config) (Report, error) {
	if cfg.Concurrency < 1 || cfg.Rate < 0 || cfg.Count < 0 || cfg.Duration <= 0 || cfg.Follow != Prefer && cfg.Follow != Get {
		return Report{}, fmt.Errorf("load: %d clients, %g/s, %d executions in %s, followed by %q: out of range",
			cfg.Concurrency, cfg.Rate, cfg.Count, cfg.Duration, cfg.Follow)
	}
	r := &run{cfg: cfg, body: executionBody(cfg.Script, cfg.Data), expected: newExpected(cfg.Expected), tally: newTally()}
	// The first one compiles the script in a sandbox, and gives the expected output when none was given.
	if err := r.one(ctx, time.Now(), newTally()); err != nil {
		return Report{}, fmt.Errorf("the first execution: %w", err)
	}
	r.tally.begin()
	if cfg.Rate > 0 {
		r.open(ctx)
	} else {
		r.closed(ctx)
	}
	return r.tally.report(cfg), nil
}

// run is one run of a load.
type run struct {
	cfg      Config
	body     []byte
	expected *expected
	tally    *tally
}

// closed has every client post as soon as its last execution has ended.
func (r *run) closed(ctx context.Context) {
	deadline := time.Now().Add(r.cfg.Duration)
	tickets := newTickets(r.cfg.Count)
	var clients sync.WaitGroup
	for range r.cfg.Concurrency {
		clients.Go(func() {
			for ctx.Err() == nil && time.Now().Before(deadline) && tickets.take() {
				err := r.one(ctx, time.Now(), r.tally)
				// One that is told to come later does so; any other goes on, so that a failing server is not spun on.
				if pause := retryAfter(err); pause > 0 {
					_ = sleep(ctx, pause) // the loop sees that ctx has ended
				}
			}
		})
	}
	clients.Wait()
}

// open posts at a steady rate. Times count from when a request was due, not from when it was sent: a server that makes
// its clients wait must not thereby look faster (coordinated omission).
func (r *run) open(ctx context.Context) {
	begin := time.Now()
	total := int(r.cfg.Rate * r.cfg.Duration.Seconds())
	if r.cfg.Count > 0 {
		total = min(total, r.cfg.Count)
	}
	slots := make(chan struct{}, r.cfg.Concurrency)
	var flying sync.WaitGroup
	for n := range total {
		due := begin.Add(time.Duration(float64(n) / r.cfg.Rate * float64(time.Second)))
		if sleep(ctx, time.Until(due)) != nil {
			break
		}
		select {
		case slots <- struct{}{}:
		default:
			r.tally.miss()
			continue
		}
		flying.Go(func() {
			defer func() { <-slots }()
			_ = r.one(ctx, due, r.tally)
		})
	}
	flying.Wait()
}

// one posts an execution, follows it to its end and checks its output.
func (r *run) one(ctx context.Context, due time.Time, t *tally) error {
	c := r.cfg.Client
	e, err := c.post(ctx, r.body, r.cfg.Follow == Prefer)
	if err == nil {
		t.accepted(time.Since(due), r.cfg.Follow == Get)
		if !e.ended() {
			e, err = c.Await(ctx, e.ID)
		}
	}
	if err == nil {
		err = r.judge(e)
	}
	if err != nil {
		t.failed(err)
		return err
	}
	t.completed(time.Since(due))
	return nil
}

// judge tells what is wrong with an execution that has ended, if anything.
func (r *run) judge(e Execution) error {
	if e.Status != "completed" {
		return fmt.Errorf("%s: %s", e.Status, e.ErrorMessage)
	}
	if !r.expected.matches(e.Output) {
		return errWrong
	}
	return nil
}

// tickets bounds how many executions are posted.
type tickets struct {
	mu      sync.Mutex
	left    int
	endless bool
}

func newTickets(count int) *tickets { return &tickets{left: count, endless: count == 0} }

func (t *tickets) take() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.endless {
		return true
	}
	t.left--
	return t.left >= 0
}

// sleep waits for d, which may be negative; it returns the context's error when that ends first.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
