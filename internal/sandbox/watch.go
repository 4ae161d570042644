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
)

// watch kills the children that use more memory than their runs may.
type watch struct {
	wake chan struct{}

	mu   sync.Mutex
	runs map[*process]watched
}

// watched is one run under watch.
type watched struct {
	run  uint32
	most int64 // resident bytes
}

func newWatch() *watch {
	return &watch{wake: make(chan struct{}, 1), runs: make(map[*process]watched)}
}

// add puts a run under watch, until remove.
func (w *watch) add(s *process, run uint32, memoryBytes int64) {
	if !watchesMemory {
		return
	}
	w.mu.Lock()
	w.runs[s] = watched{run: run, most: s.baseline + memoryBytes}
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
	w.mu.Lock()
	defer w.mu.Unlock()
	for s, r := range w.runs {
		if s.gauge.resident() > r.most {
			s.kill(r.run, endedByMemory)
		}
	}
	return len(w.runs) > 0
}
