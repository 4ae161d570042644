package sandbox

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"
)

// The times that govern the starting of children.
const (
	readyTime  = 10 * time.Second       // from start to Ready; more means that the child is stuck
	firstPause = 100 * time.Millisecond // after the first failed start; doubles with each further one
	longPause  = 5 * time.Second        // the most that the pause grows to
)

// Run starts the children, replaces those that go, and returns nil when ctx has ended and every child is gone. Runs that
// are under way then end with an error. It may be called once; the error says so if it is called again. The other error is
// of a pool that requires every protection, on a machine that does not grant them all: it names them.
func (p *Pool) Run(ctx context.Context) error {
	p.mu.Lock()
	if p.state != unstarted {
		p.mu.Unlock()
		return errors.New("sandbox: Run was called twice")
	}
	p.state = running
	p.mu.Unlock()

	// A child dies with the thread that started it. So this goroutine keeps its thread until the last child is gone.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	ctx, stop := context.WithCancel(ctx)
	defer stop()
	p.mu.Lock()
	p.stop = stop
	p.mu.Unlock()
	var watching sync.WaitGroup
	watching.Go(func() { p.watch.run(ctx) })
	watching.Go(func() { p.watchIdle(ctx) })

	p.keepFull(ctx)
	p.close()
	p.reapers.Wait()
	watching.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.unsafe
}

// keepFull starts children as they are missing, until ctx ends.
func (p *Pool) keepFull(ctx context.Context) {
	for ctx.Err() == nil {
		pause := p.startMissing()
		var again <-chan time.Time
		if pause > 0 {
			again = time.After(pause)
		}
		for waiting := true; waiting; {
			select {
			case <-ctx.Done():
				return
			case <-again:
				waiting = false
			case <-p.wants:
				// During a pause the wish is kept for its end: a machine that cannot start a process is not helped by trying.
				waiting = pause > 0
			}
		}
	}
}

// startMissing starts as many children as are missing. It returns how long to wait before the next try; 0 means until
// one is missing.
func (p *Pool) startMissing() time.Duration {
	p.mu.Lock()
	missing := p.size - len(p.children) - len(p.greeting)
	if p.failures > 0 {
		missing = min(missing, 1)
	}
	p.mu.Unlock()

	for range missing {
		s, err := p.startOne()
		if err != nil {
			p.startFailed(nil, err)
			continue
		}
		p.mu.Lock()
		p.greeting[s] = struct{}{}
		p.mu.Unlock()
		p.reapers.Go(func() { p.admit(s) })
	}

	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failures == 0 {
		return 0
	}
	return min(longPause, firstPause<<min(p.failures-1, 10))
}

// startOne starts a child, in namespaces of its own unless the system has refused them. Only Run's goroutine calls it.
func (p *Pool) startOne() (*process, error) {
	if p.shared {
		return startProcess(p.command, false)
	}
	s, err := startProcess(p.command, true)
	if err == nil || !refusesNamespaces(err) {
		return s, err
	}
	// It may be for another reason: only a start that works without them says that it was not.
	refusal := err
	if s, err = startProcess(p.command, false); err == nil {
		p.shared = true
		p.log.Debug("sandboxes get no namespaces of their own", "error", refusal)
	}
	return s, err
}

// admit greets a child that has been started, makes it one of the pool's, and stays until it is gone.
func (p *Pool) admit(s *process) {
	report, err := s.greet(readyTime, p.limits.MemoryBytes)
	if err != nil {
		s.kill(0, endedBadly)
		<-s.dead
		s.close()
		p.startFailed(s, err)
		return
	}
	p.started(s, report)
	<-s.dead
	p.lost(s)
}
