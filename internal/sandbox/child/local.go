package child

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"time"

	"peneira/internal/sandbox/wire"
)

// Local runs one script in the caller's own process, with the sandbox's reader, engine and writer and nothing around them.
// It is there to measure what the boundary costs: nothing protects the process from the script.
type Local struct {
	program *program
	task    wire.Task
}

// NewLocal compiles a script. The error says what is wrong with it.
func NewLocal(source string) (*Local, error) {
	p := compile(hashOf(source), source)
	if p.failure != nil {
		return nil, fmt.Errorf("%s: %s", p.failure.Name, p.failure.Message)
	}
	const depth = 2048
	return &Local{program: p, task: wire.Task{
		Time: time.Minute, MemoryBytes: math.MaxInt64, OutputBytes: wire.MaxBodyBytes,
		LogBytes: 64 << 10, ErrorBytes: 8 << 10, CallDepth: depth,
	}}, nil
}

// Run runs the script over an input, to which nothing may be written meanwhile. It may be called by several goroutines at
// once. Log entries are dropped. The error is the script's.
func (l *Local) Run(input []byte) ([]byte, error) {
	r := newRun(l.task, input, func(uint8, string) error { return nil })
	r.compile = func() *program { return l.program }
	a := r.carryOut()
	if a.failure != nil {
		return nil, errors.New(a.failure.Message)
	}
	return bytes.Join(a.output, nil), nil
}
