package sandbox

import (
	"slices"
	"time"

	"peneira/internal/failure"
)

// The bounds of checks: whoever hosts a script waits for the answer.
const (
	// checkPatience is how long a check waits for a sandbox. Each run before it takes at most its time limit.
	checkPatience = 10 * time.Second
	// maxChecks is how many checks may wait.
	maxChecks = 128
	// checkTime is the time limit of a check, if the pool's is not shorter: loading a script takes milliseconds, and one
	// whose top level never ends should not keep a sandbox from others for long.
	checkTime = 2 * time.Second
)

// errBusy is the failure of a check that would have to wait for too long.
var errBusy = failure.New(failure.Unavailable, "sandbox-busy",
	"Every sandbox is busy, so the script cannot be checked now; try again later.")

// line is who waits for a sandbox. Checks are served before runs, which may be many, but only every other time, so that
// runs go on however many checks come. The caller holds the pool's lock.
type line struct {
	runs    []*waiter // in the order of their coming
	checks  []*waiter // in the order of their coming
	checked bool      // whether a check was served last
}

// waiter is a run or a check that waits for a sandbox.
type waiter struct {
	check   bool
	granted chan grant // of size 1: a grant never blocks the pool
}

// grant ends a waiter's wait.
type grant struct {
	s   *process
	err error
}

func (l *line) of(w *waiter) *[]*waiter {
	if w.check {
		return &l.checks
	}
	return &l.runs
}

func (l *line) len() int { return len(l.runs) + len(l.checks) }

// add has w wait, unless it is a check and too many wait already.
func (l *line) add(w *waiter) bool {
	if w.check && len(l.checks) >= maxChecks {
		return false
	}
	in := l.of(w)
	*in = append(*in, w)
	return true
}

// remove takes w out, and reports false when it does not wait any more.
func (l *line) remove(w *waiter) bool {
	in := l.of(w)
	i := slices.Index(*in, w)
	if i < 0 {
		return false
	}
	*in = slices.Delete(*in, i, i+1)
	return true
}

// next takes the one out who is served next; nil when nobody waits.
func (l *line) next() *waiter {
	l.checked = len(l.checks) > 0 && (!l.checked || len(l.runs) == 0)
	in := &l.runs
	if l.checked {
		in = &l.checks
	}
	if len(*in) == 0 {
		return nil
	}
	w := (*in)[0]
	*in = slices.Delete(*in, 0, 1)
	return w
}

// refuse ends everybody's wait with err.
func (l *line) refuse(err error) {
	for w := l.next(); w != nil; w = l.next() {
		w.granted <- grant{err: err}
	}
}
