//go:build !linux

package child

import (
	"os"
	"time"

	"peneira/internal/sandbox/wire"
)

// ownMemoryPeriod is how often a child looks at its own memory where its parent cannot.
const ownMemoryPeriod = 5 * time.Millisecond

// watchOwnMemory ends the process when it holds more memory than it may. It is weaker than a watch from outside, and the
// parent reports it so. The returned function ends the watch.
func watchOwnMemory(memoryBytes int64) func() {
	h := &heap{samples: newSamples()}
	most := h.held() + memoryBytes
	done := make(chan struct{})
	go func() {
		ticker := time.NewTicker(ownMemoryPeriod)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				if h.held() > most {
					os.Exit(wire.ExitMemory)
				}
			}
		}
	}()
	return func() { close(done) }
}
