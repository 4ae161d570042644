package sandbox

import (
	"context"
	"crypto/sha256"
	"errors"

	"peneira/internal/execution"
	"peneira/internal/failure"
	"peneira/internal/sandbox/wire"
)

// Program is a script to run.
type Program struct {
	Key    [sha256.Size]byte // SHA-256 of Source, by which children remember it
	Source string
}

// NewProgram returns the program of a source.
func NewProgram(source string) Program {
	return Program{Key: sha256.Sum256([]byte(source)), Source: source}
}

// Request is one run: a script and its input.
type Request struct {
	Program Program
	// Input is one valid JSON value, which the caller has checked.
	Input []byte
	// Limits narrow the pool's limits. Fields that are zero, or above the pool's, mean the pool's.
	Limits Limits
	// Seat is the sandbox to run in, if Reserve gave one; nil: the next that is free.
	Seat *Seat
	// OnStart, if not nil, is called when a sandbox has been acquired, just before the run begins. An error of it ends the
	// call with that error, and the script does not run.
	OnStart func(ctx context.Context) error
}

// Checked is what is known of a script that can be hosted.
type Checked struct {
	EntryPoint string // the name of the function that will be called, for example "process"
}

// Execute runs a script over an input and tells how it ended. All that a script can do is an outcome. The error is one of:
// OnStart's; ctx's cause, when it ended before or during the run; a failure of kind Unavailable when there is no sandbox
// or the pool closes; a failure of kind TooLarge for an input of more than 1 GiB.
//
// A child that something outside kills is not the script's doing, as far as can be told, and a script has no effects but
// its result: so it is run once more in another child, without OnStart. The second time counts as a crash.
func (p *Pool) Execute(ctx context.Context, r Request) (execution.Outcome, error) {
	defer r.Seat.Leave()
	if len(r.Input) > wire.MaxBodyBytes {
		return execution.Outcome{}, failure.New(failure.TooLarge, "input-too-large", "The input is larger than 1 GiB.")
	}
	t := task{program: r.Program, input: r.Input, limits: r.Limits.within(p.limits), seat: r.Seat}
	a, err := p.perform(ctx, &t, r.OnStart)
	if err != nil {
		return execution.Outcome{}, err
	}
	return a.outcome(t.limits), nil
}

// Check compiles a script, runs its top level and finds its entry point, under the pool's limits, but within two seconds. A
// script that cannot be hosted gives an *execution.Error that says why; all other errors are as for Execute. It waits for a
// sandbox before runs do, for ten seconds at most; then, and when very many checks wait, the error is a failure of kind
// Unavailable.
func (p *Pool) Check(ctx context.Context, source string) (Checked, error) {
	t := task{program: NewProgram(source), check: true, limits: p.limits}
	t.limits.Time = min(t.limits.Time, checkTime)
	a, err := p.perform(ctx, &t, nil)
	if err != nil {
		return Checked{}, err
	}
	if bad := a.outcome(t.limits).Err; bad != nil {
		return Checked{}, bad
	}
	return Checked{EntryPoint: a.entryPoint}, nil
}

// task is one run as the parent sees it.
type task struct {
	program Program
	input   []byte
	check   bool
	seat    *Seat
	limits  Limits
}

// errWrongKey is the error of a caller that gives a source under another source's key.
var errWrongKey = errors.New("sandbox: the program's key is not the SHA-256 of its source")

// maxTries is how often a run is begun whose child is killed from outside, or that came to its time limit because this
// process stood still. A script that runs into its limit by itself, on a machine that has no time for it, gains no more
// than one more run.
const maxTries = 2

// perform runs t in a child of the pool.
func (p *Pool) perform(ctx context.Context, t *task, onStart func(context.Context) error) (*answer, error) {
	if len(t.program.Source) > wire.MaxBodyBytes {
		return nil, failure.New(failure.TooLarge, "script-too-large", "The script is larger than 1 GiB.")
	}
	for try := 1; ; try++ {
		s, err := p.acquireFit(ctx, t)
		if err != nil {
			return nil, err
		}
		if !s.sent.has(t.program.Key) && NewProgram(t.program.Source).Key != t.program.Key {
			p.release(s)
			return nil, errWrongKey
		}
		if try == 1 && onStart != nil {
			if err := onStart(ctx); err != nil {
				p.release(s)
				return nil, err
			}
		}
		a := s.perform(ctx, t, p.watch)
		p.count(a.ended)
		if a.trims {
			go p.settle(s)
		} else {
			p.release(s)
		}
		switch {
		case a.ended == endedByCaller:
			return nil, context.Cause(ctx)
		case a.ended == endedWithPool:
			return nil, errClosed
		case a.ended != endedByOutsider && (!a.overdue() || !a.robbed), try == maxTries:
			return a, nil
		}
	}
}

// count notes the end of a run.
func (p *Pool) count(ended reason) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.counts.runs++
	if ended >= endedByTime {
		p.counts.kills[ended.String()]++
	}
}

// settle waits until a child has collected what its run has left, and then takes it back into the pool.
func (p *Pool) settle(s *process) {
	s.settle(settleTime)
	s.keeps = true
	p.release(s)
}
