package app

import (
	"context"
	"fmt"
)

// part is a long-lived part of the service. Each has a context of its own, so that parts end one after the other and
// not all at once: stop is deferred in the order of starting. Those that may end together are cancelled before.
type part struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// start runs a part. If it ends before it is stopped, fail is told why.
func start(ctx context.Context, name string, fail context.CancelCauseFunc, run func(context.Context) error) part {
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	p := part{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		switch err := run(own); {
		case err != nil:
			fail(fmt.Errorf("%s: %w", name, err))
		case own.Err() == nil:
			fail(fmt.Errorf("%s ended by itself", name))
		}
	}()
	return p
}

// stop asks the part to stop and waits until it has.
func (p part) stop() {
	p.cancel()
	<-p.done
}
