//go:build unix

package sandbox

import (
	"syscall"
	"time"
)

// PIDs returns the process ids of the children that are ready.
func (p *Pool) PIDs() []int {
	p.mu.Lock()
	defer p.mu.Unlock()
	var pids []int
	for s := range p.children {
		pids = append(pids, s.cmd.Process.Pid)
	}
	return pids
}

// Child is what a test sees of a child.
type Child struct {
	Dead     <-chan struct{}
	Baseline int64
	Peak     func() int64 // the most bytes that were resident; once it is dead
}

// Child returns a child that is ready.
func (p *Pool) Child() Child {
	p.mu.Lock()
	defer p.mu.Unlock()
	for s := range p.children {
		return Child{Dead: s.dead, Baseline: s.baseline, Peak: func() int64 {
			usage, _ := s.cmd.ProcessState.SysUsage().(*syscall.Rusage)
			return usage.Maxrss << 10
		}}
	}
	return Child{}
}

// Spoke reports whether an idle child has said something since its last run.
func (p *Pool) Spoke() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.idle) > 0 && p.idle[0].spoke()
}

// ShareCPU sets how much CPU time a run may use for each second of its time limit. It must be called before Run.
func (p *Pool) ShareCPU(share float64) { p.watch.share = share }

// WaitForChecks sets how long a check waits for a sandbox. It must be called before Run.
func (p *Pool) WaitForChecks(patience time.Duration) { p.checkPatience = patience }

// LookAtIdle sets how often idle children are looked at. It must be called before Run.
func (p *Pool) LookAtIdle(period time.Duration) { p.idlePeriod = period }

// MaxChecks is how many checks may wait.
const MaxChecks = maxChecks
