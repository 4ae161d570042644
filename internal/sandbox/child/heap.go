package child

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// trimBytes is how far the heap may grow over what it was at the start before what a run has left is collected.
const trimBytes = 16 << 20

// keptBytes is how much memory may be kept for further runs, over what there was at the start: three fifths of the memory
// limit of the run that it was taken for. What is kept is free, and counts in the next run like what that takes itself; a
// page that is already there costs it nothing, where a new one costs more than its script makes of it (docs/decisions/0040).
func keptBytes(memoryBytes int64) int64 { return max(trimBytes, memoryBytes/5*3) }

// heap watches what the runtime holds of the system's memory.
type heap struct {
	samples []metrics.Sample
	start   int64
	soft    int64 // the soft limit that is set; 0 if it is not known
}

// newHeap gives back what can be and takes the rest as the start.
func newHeap() *heap {
	h := &heap{samples: newSamples()}
	debug.FreeOSMemory()
	h.start = h.held()
	return h
}

func newSamples() []metrics.Sample {
	return []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
}

// held returns the bytes that the runtime has mapped and not given back.
func (h *heap) held() int64 {
	metrics.Read(h.samples)
	return int64(h.samples[0].Value.Uint64() - h.samples[1].Value.Uint64()) //nolint:gosec // sizes of memory
}

// limit has the collector work harder as a run comes near its memory limit, so that honest garbage does not get a script
// killed. It leaves a fifth for what the collector cannot hold back. What other runs have left is given back first when it
// is much against the limit: else the collector would do nothing but fight it.
func (h *heap) limit(memoryBytes int64) {
	soft := h.start + memoryBytes/5*4
	if soft != h.soft {
		if h.held() > h.start+keptBytes(memoryBytes) {
			h.trim()
		}
		debug.SetMemoryLimit(soft)
		h.soft = soft
	}
}

// relax prepares the collector for a run with an input of so many bytes, after limit. What it returns undoes that.
func (h *heap) relax(inputBytes int) (undo func()) {
	if inputBytes < largeInputBytes {
		return func() {}
	}
	p := startPacer(h.start, h.soft, inputBytes)
	h.soft = 0 // the pacer's from now on
	return p.stop
}

// grown reports whether so much is held that it should be collected.
func (h *heap) grown() bool { return h.held() > h.start+trimBytes }

// settle collects what a run with this memory limit has left, and gives memory back if it is more than may be kept.
func (h *heap) settle(memoryBytes int64) {
	if h.held() > h.start+keptBytes(memoryBytes) {
		h.trim()
		return
	}
	runtime.GC()
}

// trim gives back what is not used. It takes milliseconds, or a hundred of them where pages are small and slow.
func (h *heap) trim() { debug.FreeOSMemory() }
