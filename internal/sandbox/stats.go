package sandbox

import "maps"

// Stats is the state of a pool at one moment. The counters only grow.
type Stats struct {
	Size    int // how many sandboxes there should be
	Idle    int
	Busy    int
	Waiting int               // runs and checks that wait for a sandbox
	Runs    uint64            // runs that ended, in whatever way, Checks included
	Spawns  uint64            // children that became ready
	Failed  uint64            // starts of children that failed
	Kills   map[string]uint64 // children killed or lost during a run, by reason: see KillReasons
}

// KillReasons returns every key that Stats.Kills has.
func KillReasons() []string {
	var names []string
	for why := endedByTime; why <= endedByOutsider; why++ {
		names = append(names, why.String())
	}
	return names
}

// counts are the counters of a pool.
type counts struct {
	runs, spawns, failed uint64
	kills                map[string]uint64
}

func newCounts() counts {
	c := counts{kills: make(map[string]uint64)}
	for _, name := range KillReasons() {
		c.kills[name] = 0
	}
	return c
}

// Stats returns the state of the pool now.
func (p *Pool) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return Stats{
		Size:    p.size,
		Idle:    len(p.idle),
		Busy:    len(p.children) - len(p.idle),
		Waiting: p.line.len(),
		Runs:    p.counts.runs,
		Spawns:  p.counts.spawns,
		Failed:  p.counts.failed,
		Kills:   maps.Clone(p.counts.kills),
	}
}

// Ready reports whether the pool can run a script: nil, or an error that says why not, fit for a health page.
func (p *Pool) Ready() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.state == closed, p.unsafe != nil:
		return p.whyClosed()
	case len(p.children) > 0:
		return nil
	case p.spawnErr != nil:
		return unavailable(p.spawnErr)
	default:
		return errNotYet
	}
}
