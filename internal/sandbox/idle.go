package sandbox

import (
	"context"
	"time"
)

// A child that is idle has nothing to do but a little of the collector's work. One that a script has taken over might go
// on computing after its run, on the server's account: each idlePeriod those that used more than idleCPU are replaced.
const (
	idlePeriod = time.Second
	idleCPU    = 100 * time.Millisecond
)

// rest is what a child was seen to be doing while it was idle.
type rest struct {
	runs int           // how many runs it had begun
	used time.Duration // the CPU time that it had used
}

// watchIdle replaces children that are busy while they should be idle, until ctx ends.
func (p *Pool) watchIdle(ctx context.Context) {
	if !watchesMemory {
		return
	}
	ticker := time.NewTicker(idlePeriod)
	defer ticker.Stop()
	seen := make(map[*process]rest)
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			seen = p.lookAtIdle(seen)
		}
	}
}

// lookAtIdle kills each idle child that has run nothing since it was last seen and has used much CPU time nevertheless.
// It returns what it saw.
func (p *Pool) lookAtIdle(before map[*process]rest) map[*process]rest {
	p.mu.Lock()
	defer p.mu.Unlock()
	seen := make(map[*process]rest, len(p.idle))
	for _, s := range p.idle {
		now := rest{runs: s.runs, used: s.gauge.used()}
		if old, known := before[s]; known && old.runs == now.runs && now.used-old.used > idleCPU {
			p.log.Warn("a sandbox computed on after its run; it is replaced")
			s.killNow(endedBadly)
			continue
		}
		seen[s] = now
	}
	return seen
}
