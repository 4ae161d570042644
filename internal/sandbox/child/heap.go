package child

import (
	"runtime/debug"
	"runtime/metrics"
)

// trimBytes is how far the heap may grow over what it was at the start before it is given back after a run.
const trimBytes = 16 << 20

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
		if h.held() > h.start+memoryBytes/2 {
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

// grown reports whether so much is held that it should be given back.
func (h *heap) grown() bool { return h.held() > h.start+trimBytes }

// trim gives back what is not used. It takes milliseconds.
func (h *heap) trim() { debug.FreeOSMemory() }
