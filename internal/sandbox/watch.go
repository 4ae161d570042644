package sandbox

import (
	"context"
	"sync"
	"time"
)

// The memory watch looks at every running child each watchPeriod. A script can fill perhaps 10 MB of fresh memory in
// that time, well within what a limit may be passed by. After idleTicks with nothing to watch it parks.
const (
	watchPeriod = 2 * time.Millisecond
	idleTicks   = 50
	// cpuTicks is how often, in looks, the CPU time is looked at.
	cpuTicks = 16
	// cpuShare is how much CPU time a run may use for each second of its time limit: as much as its two threads of the
	// engine can. Only a script that has taken its child over, and starts threads of its own, can use more.
	cpuShare = 2
	// awayLeast is the gap between two looks from which on this process is taken to have stood still: frozen by a signal,
	// with its container or machine, or left without a CPU.
	awayLeast = 500 * time.Millisecond
)

// watch kills the children that use more memory or CPU time than their runs may.
type watch struct {
	wake  chan struct{}
	share float64 // cpuShare, but in tests
	looks int     // counts up to cpuTicks; only run's goroutine uses it

	mu   sync.Mutex
	runs map[*process]watched
	seen time.Time // the last look, while there is anything to look at
	back time.Time // the last look that came late
}

// watched is one run under watch.
type watched struct {
	run  uint32
	most int64         // resident bytes
	time time.Duration // the run's time limit
	cpu  time.Duration // CPU time after which it is killed; 0 until it is first looked at, so that short runs cost nothing
}

func newWatch() *watch {
	return &watch{wake: make(chan struct{}, 1), share: cpuShare, runs: make(map[*process]watched)}
}

// add puts a run under watch, until remove.
func (w *watch) add(s *process, run uint32, limits Limits) {
	if !watchesMemory {
		return
	}
	w.mu.Lock()
	if len(w.runs) == 0 {
		w.seen = time.Now()
	}
	w.runs[s] = watched{run: run, most: s.floor() + limits.MemoryBytes, time: limits.Time + grace}
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *watch) remove(s *process) {
	w.mu.Lock()
	delete(w.runs, s)
	w.mu.Unlock()
}

// away reports whether this process has stood still at any time after a moment at which a run was under watch. The time
// limit of such a run has passed without the run having had the time.
func (w *watch) away(since time.Time) bool {
	if !watchesMemory {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.runs) > 0 {
		w.notice(time.Now())
	}
	return w.back.After(since)
}

// notice notes a look. The caller holds the lock.
func (w *watch) notice(now time.Time) {
	if now.Sub(w.seen) >= awayLeast {
		w.back = now
	}
	w.seen = now
}

// run watches until ctx ends.
func (w *watch) run(ctx context.Context) {
	ticker := time.NewTicker(watchPeriod)
	defer ticker.Stop()
	for {
		ticker.Stop()
		select {
		case <-ctx.Done():
			return
		case <-w.wake:
		}
		ticker.Reset(watchPeriod)
		for idle := 0; idle < idleTicks; idle++ {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			if w.look() {
				idle = 0
			}
		}
	}
}

// look kills every child that is over its limit. It reports whether there was any to look at.
func (w *watch) look() bool {
	w.looks = (w.looks + 1) % cpuTicks
	w.mu.Lock()
	defer w.mu.Unlock()
	w.notice(time.Now())
	for s, r := range w.runs {
		if s.gauge.resident() > r.most {
			s.kill(r.run, endedByMemory)
		}
		if w.looks > 0 {
			continue
		}
		switch used := s.gauge.used(); {
		case r.cpu == 0:
			r.cpu = used + time.Duration(float64(r.time)*w.share)
			w.runs[s] = r
		case used > r.cpu:
			s.kill(r.run, endedByTime)
		}
	}
	return len(w.runs) > 0
}
