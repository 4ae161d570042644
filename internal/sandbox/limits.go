package sandbox

import (
	"fmt"
	"time"

	"peneira/internal/sandbox/wire"
)

// Limits bound one run. A field that is zero stands for the pool's own limit.
type Limits struct {
	// Time is the wall time of reading the input, loading the script, its call, its promise jobs and the writing of the
	// result. It stops endless loops, slow regular expressions and natives that never return.
	Time time.Duration
	// MemoryBytes is the resident memory of the sandbox above what it holds when idle. It stops memory bombs. An honest
	// script needs about six times the size of a large input.
	MemoryBytes int64
	// OutputBytes is the size of the result as JSON. It stops results that would fill the database.
	OutputBytes int64
	// LogBytes is the size of all log entries of one run together; each counts its message and 16 bytes. It stops floods
	// of console.log.
	LogBytes int64
	// ErrorBytes is the size of an error's name, message and stack together. It stops errors used to carry results.
	ErrorBytes int64
	// CallDepth is the depth of the script's call stack. It stops recursion before it exhausts the engine's own stack.
	CallDepth int
}

// DefaultLimits returns the limits of a pool that is not told otherwise.
func DefaultLimits() Limits {
	return Limits{
		Time:        5 * time.Second,
		MemoryBytes: 128 << 20,
		OutputBytes: 32 << 20,
		LogBytes:    64 << 10,
		ErrorBytes:  8 << 10,
		CallDepth:   2048,
	}
}

// The least and the most that a limit may be.
const (
	minTime        = time.Millisecond
	maxTime        = time.Hour
	minMemoryBytes = 4 << 20
	maxMemoryBytes = 1 << 40
	minErrorBytes  = 256
	maxErrorBytes  = 1 << 20
	maxLogBytes    = 64 << 20
	maxCallDepth   = 10_000
)

// within returns l with its zero fields filled from the pool's limits and no field above them.
func (l Limits) within(pool Limits) Limits {
	return Limits{
		Time:        narrow(l.Time, pool.Time),
		MemoryBytes: narrow(l.MemoryBytes, pool.MemoryBytes),
		OutputBytes: narrow(l.OutputBytes, pool.OutputBytes),
		LogBytes:    narrow(l.LogBytes, pool.LogBytes),
		ErrorBytes:  narrow(l.ErrorBytes, pool.ErrorBytes),
		CallDepth:   narrow(l.CallDepth, pool.CallDepth),
	}
}

func narrow[N int | int64 | time.Duration](wanted, most N) N {
	if wanted <= 0 || wanted > most {
		return most
	}
	return wanted
}

// validate returns an error that names the first limit out of its range.
func (l Limits) validate() error {
	for _, check := range []struct {
		name              string
		value, least, top int64
	}{
		{"Time", int64(l.Time), int64(minTime), int64(maxTime)},
		{"MemoryBytes", l.MemoryBytes, minMemoryBytes, maxMemoryBytes},
		{"OutputBytes", l.OutputBytes, 1, wire.MaxBodyBytes - wire.RunTimeBytes},
		{"LogBytes", l.LogBytes, 1, maxLogBytes},
		{"ErrorBytes", l.ErrorBytes, minErrorBytes, maxErrorBytes},
		{"CallDepth", int64(l.CallDepth), 16, maxCallDepth},
	} {
		if check.value < check.least || check.value > check.top {
			return fmt.Errorf("sandbox: limit %s is %d; it must be from %d to %d", check.name, check.value, check.least, check.top)
		}
	}
	return nil
}
