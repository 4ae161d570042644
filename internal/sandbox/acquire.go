package sandbox

import (
	"context"
	"slices"
	"time"

	"peneira/internal/failure"
	"peneira/internal/sandbox/wire"
)

// errClosed is the failure of a run that the closing of the pool ended or kept from beginning.
var errClosed = failure.New(failure.Unavailable, "sandbox-closed", "The service is shutting down; try again later.")

// errNotYet is what Ready says before the first child is there.
var errNotYet = failure.New(failure.Unavailable, "sandbox-starting", "No sandbox is ready yet; try again in a moment.")

// unavailable is the failure of a run for which there is no sandbox.
func unavailable(err error) *failure.Error {
	return failure.New(failure.Unavailable, "sandbox-unavailable",
		"No sandbox can be started at the moment; try again later.").Because(err)
}

// acquire returns a sandbox for a task, which release must get back. Those that wait are served as line says. The error is
// ctx's cause, or a failure of kind Unavailable when there is no sandbox to wait for or a check would wait for too long.
func (p *Pool) acquire(ctx context.Context, t *task) (*process, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if s := t.seat.take(); s != nil {
		return s, nil
	}
	p.mu.Lock()
	switch {
	case p.state == closed, p.unsafe != nil:
		err := p.whyClosed()
		p.mu.Unlock()
		return nil, err
	case len(p.idle) > 0:
		s := p.takeIdle(t.program.Key)
		p.mu.Unlock()
		return s, nil
	case len(p.children) == 0 && p.spawnErr != nil:
		err := unavailable(p.spawnErr)
		p.mu.Unlock()
		return nil, err
	}
	w := &waiter{check: t.check, granted: make(chan grant, 1)}
	waits := p.line.add(w)
	p.mu.Unlock()
	if !waits {
		return nil, errBusy
	}
	var tooLong <-chan time.Time
	if t.check {
		tooLong = time.After(p.checkPatience)
	}
	select {
	case g := <-w.granted:
		return g.s, g.err
	case <-ctx.Done():
		p.abandon(w)
		return nil, context.Cause(ctx)
	case <-tooLong:
		p.abandon(w)
		return nil, errBusy
	}
}

// takeIdle takes the idle sandbox that suits a program best: one that knows it, else the one used last. The caller holds
// the lock and knows that there is one. While any is idle nobody waits.
func (p *Pool) takeIdle(key [32]byte) *process {
	best := len(p.idle) - 1
	for i := best; i >= 0; i-- {
		if p.idle[i].sent.has(key) {
			best = i
			break
		}
	}
	s := p.idle[best]
	p.idle = slices.Delete(p.idle, best, best+1)
	s.busy = true
	return s
}

// abandon takes w out of the queue, or hands on what it was granted meanwhile.
func (p *Pool) abandon(w *waiter) {
	p.mu.Lock()
	waited := p.line.remove(w)
	p.mu.Unlock()
	if waited {
		return
	}
	if g := <-w.granted; g.s != nil {
		p.release(g.s)
	}
}

// release takes back a sandbox that acquire gave. One that is spent is killed, and replaced in the background.
func (p *Pool) release(s *process) {
	if !s.gone() {
		s.kept = s.gauge.resident()
		if s.runs >= p.maxRuns || s.grown(p.limits.MemoryBytes) {
			s.killNow(endedByAge)
		}
	}
	gone := s.gone()

	p.mu.Lock()
	defer p.mu.Unlock()
	s.busy = false
	if _, ours := p.children[s]; !ours {
		s.close() // it died during the run, and lost left the closing to us
		return
	}
	if !gone {
		p.offer(s)
	}
}

// offer gives a sandbox to who waits, or lays it by. The caller holds the lock.
func (p *Pool) offer(s *process) {
	w := p.line.next()
	if w == nil {
		p.idle = append(p.idle, s)
		return
	}
	s.busy = true
	w.granted <- grant{s: s}
}

// started makes a child that became ready one of the pool's.
func (p *Pool) started(s *process, report wire.Report) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.greeting, s)
	p.children[s] = struct{}{}
	p.counts.spawns++
	active := report.Active & wire.AllMeasures
	if s.separate {
		active |= wire.Namespaces
	}
	p.measures = measuresFor(active)
	if p.counts.spawns == 1 {
		warnOfMissing(p.log, p.measures)
	}
	p.failures, p.spawnErr = 0, nil
	if p.require == Strict && p.unsafe == nil {
		p.unsafe = missing(p.measures)
	}
	if p.state == closed || p.unsafe != nil {
		s.killNow(endedWithPool)
		p.stop()
		return
	}
	p.offer(s)
}

// startFailed notes that a child (nil: not even a process) did not become ready, and tells the waiters when there is
// none left to wait for.
func (p *Pool) startFailed(s *process, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.greeting, s)
	if p.state == closed {
		return
	}
	p.failed(err)
}

// failed counts a failed start. The caller holds the lock.
func (p *Pool) failed(err error) {
	p.counts.failed++
	p.failures++
	p.spawnErr = err
	p.log.Error("a sandbox could not be started", "error", err, "failures", p.failures)
	if len(p.children) == 0 {
		p.line.refuse(unavailable(err))
	}
	p.want()
}

// lost takes a child that is dead out of the pool and has it replaced.
func (p *Pool) lost(s *process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.children, s)
	if i := slices.Index(p.idle, s); i >= 0 {
		p.idle = slices.Delete(p.idle, i, i+1)
	}
	if !s.busy {
		s.close()
	}
	if p.state == closed {
		return
	}
	if s.runs == 0 && !s.busy {
		// It died of itself. If they all do, starting them as fast as they die would take the machine.
		p.failed(s.epitaph())
		return
	}
	p.want()
}

// want tells Run that a child may be missing.
func (p *Pool) want() {
	select {
	case p.wants <- struct{}{}:
	default:
	}
}

// whyClosed returns the error of runs that come when the pool is closed, or about to be. The caller holds the lock.
func (p *Pool) whyClosed() error {
	if p.unsafe != nil {
		return p.unsafe
	}
	return errClosed
}

// close refuses all further runs and kills every child.
func (p *Pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state = closed
	p.line.refuse(p.whyClosed())
	p.idle = nil
	for s := range p.children {
		s.killNow(endedWithPool)
	}
	for s := range p.greeting {
		s.killNow(endedWithPool)
	}
}
