package child

import (
	"math"
	"runtime"
	"runtime/debug"
	"testing"
)

//nolint:paralleltest // the collector's goal is the whole process's
func TestPacerMakesRoom(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(before)
	defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	const start, input, held = 1 << 20, 12 << 20, 128 << 20
	kept := make([]byte, held)

	p := startPacer(start, math.MaxInt64, input)
	if got := debug.SetMemoryLimit(-1); got != start+largeHeapTimes*input {
		t.Errorf("at first the collector rests until %d bytes are held", got)
	}
	runtime.GC()
	p.collected()
	if got := debug.SetMemoryLimit(-1); got < held+held/leastRoom {
		t.Errorf("with %d bytes held on to, the goal is %d", held, got)
	}
	p.stop()

	const most = held / 2
	p = startPacer(start, most, input)
	runtime.GC()
	p.collected()
	if got := debug.SetMemoryLimit(-1); got != most {
		t.Errorf("the goal grew to %d, not to the most that it may be", got)
	}
	p.stop()
	p.collected()
	if got := debug.SetGCPercent(gcPercent); got != gcPercent {
		t.Errorf("after the run the collector works at %d %%", got)
	}
	runtime.KeepAlive(kept)
}
