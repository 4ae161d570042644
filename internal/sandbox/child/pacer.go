package child

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// The rows of a large input live to the end of its run, and would be marked again and again as they are read. So the
// collector rests until the process holds largeHeapTimes the input. From then on it keeps the process there, unless what
// the run holds on to leaves so little room that it would work all the time (docs/decisions/0012).
const (
	largeInputBytes = 256 << 10
	largeGCPercent  = 800
	largeHeapTimes  = 6
	leastHeap       = 64 << 20 // but so much in any case
	// leastRoom is the part of what is held on to that there should be room for between two collections.
	leastRoom = 8
)

// pacer sets the collector's goal in one run with a large input.
type pacer struct {
	mu      sync.Mutex
	live    []metrics.Sample
	start   int64 // what the process holds at rest
	soft    int64 // what it may hold before the collector works
	most    int64 // what soft may grow to
	stopped bool
}

// startPacer has the collector rest until a process that holds start bytes at rest holds largeHeapTimes the input more, or leastHeap;
// this may grow until it holds most.
func startPacer(start, most int64, inputBytes int) *pacer {
	p := &pacer{
		live:  []metrics.Sample{{Name: "/gc/heap/live:bytes"}},
		start: start, most: most, soft: min(most, start+max(leastHeap, largeHeapTimes*int64(inputBytes))),
	}
	debug.SetMemoryLimit(p.soft)
	debug.SetGCPercent(largeGCPercent)
	p.watch()
	return p
}

// stop ends the pacing. The soft limit stays as it is.
func (p *pacer) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
	debug.SetGCPercent(gcPercent)
}

// watch calls collected after the next collection, which finds the sentinel unused.
func (p *pacer) watch() {
	runtime.AddCleanup(new([1 << 10]byte), (*pacer).collected, p)
}

// collected makes room if the collection has left too little, and waits for the next one.
func (p *pacer) collected() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		return
	}
	metrics.Read(p.live)
	live := int64(p.live[0].Value.Uint64()) //nolint:gosec // a size of memory
	if wanted := min(p.most, p.start+live+live/leastRoom); wanted > p.soft {
		p.soft = wanted
		debug.SetMemoryLimit(wanted)
	}
	p.watch()
}
