package sandbox

import "context"

// acquireSilent is acquire, but for children that have said something since their last run, which none has a reason to:
// a script may have taken such a child over. It is replaced before what it said is taken for the next run's.
func (p *Pool) acquireSilent(ctx context.Context, t *task) (*process, error) {
	for {
		s, err := p.acquire(ctx, t)
		if err != nil || !s.spoke() {
			return s, err
		}
		p.log.WarnContext(ctx, "a sandbox spoke between two runs; it is replaced")
		s.killNow(endedByProtocol)
		p.release(s)
	}
}

// spoke reports whether a child that is idle has sent something. One that has run nothing yet is in nobody's hands.
func (s *process) spoke() bool {
	return s.runs > 0 && !s.gone() && (s.reader.Buffered() > 0 || pending(s.channel))
}
