package sandbox

import "context"

// acquireFit is acquire, but replaces children that are not fit for the task: those that have grown too much for its memory
// limit and do not give it back, and those that have said something since their last run, which none has a reason to: a
// script may have taken such a child over. It is replaced before what it said is taken for the next run's.
func (p *Pool) acquireFit(ctx context.Context, t *task) (*process, error) {
	for {
		s, err := p.acquire(ctx, t)
		switch {
		case err != nil:
			return nil, err
		case s.spoke():
			p.log.WarnContext(ctx, "a sandbox spoke between two runs; it is replaced")
			s.killNow(endedByProtocol)
		case !s.grown(t.limits.MemoryBytes):
			return s, nil
		default:
			s.relieve()
			if !s.gone() && !s.grown(t.limits.MemoryBytes) {
				return s, nil
			}
			s.killNow(endedByAge)
		}
		p.release(s)
	}
}

// spoke reports whether a child that is idle has sent something. One that has run nothing yet is in nobody's hands.
func (s *process) spoke() bool {
	return s.runs > 0 && !s.gone() && (s.reader.Buffered() > 0 || pending(s.channel))
}
