// Package batch lets calls that come at the same time share one piece of work, such as one statement for many rows.
//
// It batches by itself: a call on an idle group is flushed at once, alone; calls that come while a flush is under way
// wait for it and go together in the next. Nobody waits for company.
package batch

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Group collects items and flushes them together. Its zero value is not usable; see New.
type Group[In, Out any] struct {
	cfg Config[In, Out]

	mu       sync.Mutex
	queue    []*call[In, Out]
	flushing int
}

// Config says how a group works.
type Config[In, Out any] struct {
	// Flush does the work for some items and returns one result for each, in their order, or an error for them all.
	// Its context is not that of any caller: one who goes away does not take the others along.
	Flush func(ctx context.Context, items []In) ([]Result[Out], error)
	// Flushers is how many flushes may run at once, from 1.
	Flushers int
	// MaxItems is the most that one flush takes, from 1.
	MaxItems int
	// Bytes tells how much an item weighs, and MaxBytes how much one flush takes; a heavier item goes alone. Nil means
	// that items weigh nothing.
	Bytes    func(In) int
	MaxBytes int
	// Observe, if set, is told how many items each flush takes.
	Observe func(items int)
}

// Result is what a flush says of one item.
type Result[Out any] struct {
	Value Out
	Err   error
}

type call[In, Out any] struct {
	item   In
	bytes  int
	result Result[Out]
	done   chan struct{}
}

// New returns a group.
func New[In, Out any](cfg Config[In, Out]) *Group[In, Out] {
	if cfg.Bytes == nil {
		cfg.Bytes = func(In) int { return 0 }
	}
	return &Group[In, Out]{cfg: cfg}
}

// Do has an item flushed and returns its result. When ctx ends first, it returns ctx's error, and the item may be flushed
// all the same.
func (g *Group[In, Out]) Do(ctx context.Context, item In) (Out, error) {
	c := &call[In, Out]{item: item, bytes: g.cfg.Bytes(item), done: make(chan struct{})}
	g.mu.Lock()
	g.queue = append(g.queue, c)
	start := g.flushing < g.cfg.Flushers
	if start {
		g.flushing++
	}
	g.mu.Unlock()
	if start {
		go g.flushAll(context.WithoutCancel(ctx))
	}
	select {
	case <-c.done:
		return c.result.Value, c.result.Err
	case <-ctx.Done():
		var none Out
		return none, ctx.Err()
	}
}

// flushAll flushes until the queue is empty.
func (g *Group[In, Out]) flushAll(ctx context.Context) {
	for calls := g.take(); calls != nil; calls = g.take() {
		g.flush(ctx, calls)
	}
}

// take takes the calls of the next flush from the queue, in the order of their coming. It returns nil, and ends the
// flusher, when there are none.
func (g *Group[In, Out]) take() []*call[In, Out] {
	g.mu.Lock()
	defer g.mu.Unlock()
	n, bytes := 0, 0
	for n < len(g.queue) && n < g.cfg.MaxItems {
		if n > 0 && bytes+g.queue[n].bytes > g.cfg.MaxBytes && g.cfg.MaxBytes > 0 {
			break
		}
		bytes += g.queue[n].bytes
		n++
	}
	if n == 0 {
		g.flushing--
		return nil
	}
	calls := g.queue[:n:n]
	if g.queue = g.queue[n:]; len(g.queue) == 0 {
		g.queue = nil // lets the array go, and with it what the calls hold
	}
	return calls
}

// errPanic is what callers get when a flush panics.
var errPanic = errors.New("a flush panicked")

func (g *Group[In, Out]) flush(ctx context.Context, calls []*call[In, Out]) {
	items := make([]In, len(calls))
	for i, c := range calls {
		items[i] = c.item
	}
	if g.cfg.Observe != nil {
		g.cfg.Observe(len(items))
	}
	results, err := g.guarded(ctx, items)
	if err == nil && len(results) != len(calls) {
		err = fmt.Errorf("a flush of %d items gave %d results", len(calls), len(results))
	}
	for i, c := range calls {
		if err != nil {
			c.result.Err = err
		} else {
			c.result = results[i]
		}
		close(c.done)
	}
}

func (g *Group[In, Out]) guarded(ctx context.Context, items []In) (results []Result[Out], err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("%w: %v", errPanic, x)
		}
	}()
	return g.cfg.Flush(ctx, items)
}
