package sandbox

import "sync/atomic"

// Seat is a sandbox that was idle and is kept for one run, so that who asked knows that the run need not wait. A nil seat is
// one that nobody has.
type Seat struct {
	pool *Pool
	s    atomic.Pointer[process] // nil when it is used, or left
}

// Reserve keeps an idle sandbox for a run of a program. It reports false when none is idle. The seat has to be used for one
// Execute, or left.
func (p *Pool) Reserve(program Program) (*Seat, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state == closed || p.unsafe != nil || len(p.idle) == 0 {
		return nil, false
	}
	seat := &Seat{pool: p}
	seat.s.Store(p.takeIdle(program.Key))
	return seat, true
}

// Leave gives a seat back, if it has not been used.
func (s *Seat) Leave() {
	if taken := s.take(); taken != nil {
		s.pool.release(taken)
	}
}

// take returns the sandbox of a seat to the first who asks.
func (s *Seat) take() *process {
	if s == nil {
		return nil
	}
	return s.s.Swap(nil)
}
