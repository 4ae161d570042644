package jobs

import (
	"context"
	"sync"
	"time"
)

// proof is whether this process can prove that it lives.
type proof struct {
	mu    sync.Mutex
	lost  bool      // whether it was ever lost
	since time.Time // since when it stands; zero while it does not
}

// graceAfterLoss is how long a process that lost its proof, and has it again, does not judge others: it mostly was the
// database that went away, and they need a moment to come back too.
const graceAfterLoss = 2 * time.Second

func (p *proof) stands() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.since = time.Now()
}

func (p *proof) falls() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lost, p.since = true, time.Time{}
}

// mayJudge reports whether this process may call others dead.
func (p *proof) mayJudge() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.since.IsZero() && (!p.lost || time.Since(p.since) >= graceAfterLoss)
}

// live keeps the proof of life until ctx ends, taking it again whenever it is lost. It closes alive when it first stands.
func (c *Client) live(ctx context.Context, alive chan<- struct{}) {
	first := true
	for ctx.Err() == nil {
		err := c.work.Processes.Live(ctx, c.id, func() {
			c.proof.stands()
			if first {
				close(alive)
			}
			first = false
		})
		if ctx.Err() != nil {
			return
		}
		c.proof.falls()
		c.log.WarnContext(ctx, "lost the proof of life; jobs of this process may be handed on, and count only once", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(relivePause):
		}
	}
}
