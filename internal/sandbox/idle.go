package sandbox

import (
	"context"
	"slices"
	"time"
)

// A child that is idle has nothing to do but a little of the collector's work. One that a script has taken over might go
// on computing after its run, on the server's account: each idlePeriod those that used more than idleCPU are replaced.
//
// One that has run nothing for as long gives back the memory that it keeps for further runs.
const (
	idlePeriod = time.Second
	idleCPU    = 100 * time.Millisecond
)

// rest is what a child was seen to be doing while it was idle.
type rest struct {
	runs int           // how many runs it had begun
	used time.Duration // the CPU time that it had used
}

// watchIdle looks at idle children until ctx ends.
func (p *Pool) watchIdle(ctx context.Context) {
	ticker := time.NewTicker(p.idlePeriod)
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

// lookAtIdle looks at each idle child that has run nothing since it was last seen: it kills those that have used much CPU
// time nevertheless, and has those that keep memory give it back. It returns what it saw.
func (p *Pool) lookAtIdle(before map[*process]rest) map[*process]rest {
	p.mu.Lock()
	defer p.mu.Unlock()
	seen := make(map[*process]rest, len(p.idle))
	var keeping []*process
	for _, s := range p.idle {
		now := rest{runs: s.runs, used: s.gauge.used()}
		old, known := before[s]
		rested := known && old.runs == now.runs
		switch {
		case rested && now.used-old.used > idleCPU:
			p.log.Warn("a sandbox computed on after its run; it is replaced")
			s.killNow(endedBadly)
		case rested && s.keeps && !s.gone():
			keeping = append(keeping, s)
		default:
			seen[s] = now
		}
	}
	for _, s := range keeping {
		p.idle = slices.DeleteFunc(p.idle, func(other *process) bool { return other == s })
		s.busy = true
		go p.relieve(s)
	}
	return seen
}

// relieve has a child that is nobody else's give back the memory that it keeps, and takes it back into the pool.
func (p *Pool) relieve(s *process) {
	if s.spoke() {
		s.killNow(endedByProtocol) // see acquireFit
	} else {
		s.relieve()
	}
	p.release(s)
}
