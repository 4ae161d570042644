// Package batch lets calls that come at the same time share one piece of work, such as one statement for many rows.
//
// It batches by itself: a call on an idle group is flushed at once, alone; calls that come while a flush is under way
// wait for it and go together in the next. Nobody waits for company, and light items never wait for heavy ones: those have
// a lane of their own.
package batch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// Group collects items and flushes them together. Its zero value is not usable; see New.
type Group[In, Out any] struct {
	cfg Config[In, Out]

	mu           sync.Mutex
	light, heavy lane[In, Out]
}

// lane is a queue with flushers of its own.
type lane[In, Out any] struct {
	queue    []*call[In, Out]
	flushing int
	flushers int
}

// Config says how a group works.
type Config[In, Out any] struct {
	// Flush does the work for some items and returns one result for each, in their order, or an error for them all.
	// Its context is not that of any caller: one who goes away does not take the others along.
	Flush func(ctx context.Context, items []In) ([]Result[Out], error)
	// Flushers is how many flushes may run at once, from 1; one more may be of heavy items.
	Flushers int
	// MaxItems is the most that one flush takes, from 1.
	MaxItems int
	// Bytes tells how much an item weighs, and MaxBytes how much one flush takes; a heavier item goes alone. Nil means
	// that items weigh nothing.
	Bytes    func(In) int
	MaxBytes int
	// HeavyBytes is from what weight an item goes in the lane for heavy ones. 0: there is none.
	HeavyBytes int
	// InCaller has a caller who finds a flusher free flush in its own goroutine, which saves two changes of goroutine: 0.07 ms
	// on an idle virtual machine. It returns when that is done, whatever its ctx does, so it must be one that can wait.
	InCaller bool
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
	return &Group[In, Out]{cfg: cfg, light: lane[In, Out]{flushers: cfg.Flushers}, heavy: lane[In, Out]{flushers: 1}}
}

// Do has an item flushed and returns its result. When ctx ends first, it returns ctx's error: the item is let go if its flush
// has not begun, and is flushed all the same if it has. See Config.InCaller for an exception.
func (g *Group[In, Out]) Do(ctx context.Context, item In) (Out, error) {
	c := &call[In, Out]{item: item, bytes: g.cfg.Bytes(item), done: make(chan struct{})}
	l := &g.light
	if g.cfg.HeavyBytes > 0 && c.bytes >= g.cfg.HeavyBytes {
		l = &g.heavy
	}
	g.mu.Lock()
	l.queue = append(l.queue, c)
	start := l.flushing < l.flushers
	if start {
		l.flushing++
	}
	g.mu.Unlock()
	if start {
		flushes := context.WithoutCancel(ctx)
		if g.cfg.InCaller {
			g.flushOnce(flushes, l)
		} else {
			go func() { g.flushAll(flushes, l, g.take(l)) }()
		}
	}
	select {
	case <-c.done: // if ctx has ended too, the result is what counts
		return c.result.Value, c.result.Err
	default:
	}
	select {
	case <-c.done:
		return c.result.Value, c.result.Err
	case <-ctx.Done():
		g.abandon(l, c)
		var none Out
		return none, ctx.Err()
	}
}

// abandon takes a call out of a lane if it is still there: while a flush hangs, those who give up and come again must not
// pile up in memory.
func (g *Group[In, Out]) abandon(l *lane[In, Out], c *call[In, Out]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(l.queue, c); i >= 0 {
		l.queue = slices.Delete(l.queue, i, i+1)
	}
}

// flushOnce flushes what a lane has, and leaves what comes meanwhile to another goroutine.
func (g *Group[In, Out]) flushOnce(ctx context.Context, l *lane[In, Out]) {
	if calls := g.take(l); calls != nil {
		g.flush(ctx, calls)
		if calls = g.take(l); calls != nil {
			go g.flushAll(ctx, l, calls)
		}
	}
}

// flushAll flushes calls that were taken from a lane, and then until it is empty.
func (g *Group[In, Out]) flushAll(ctx context.Context, l *lane[In, Out], calls []*call[In, Out]) {
	for ; calls != nil; calls = g.take(l) {
		g.flush(ctx, calls)
	}
}

// take takes the calls of the next flush from a lane, in the order of their coming. It returns nil, and ends the
// flusher, when there are none.
func (g *Group[In, Out]) take(l *lane[In, Out]) []*call[In, Out] {
	g.mu.Lock()
	defer g.mu.Unlock()
	n, bytes := 0, 0
	for n < len(l.queue) && n < g.cfg.MaxItems {
		if n > 0 && bytes+l.queue[n].bytes > g.cfg.MaxBytes && g.cfg.MaxBytes > 0 {
			break
		}
		bytes += l.queue[n].bytes
		n++
	}
	if n == 0 {
		l.flushing--
		return nil
	}
	calls := l.queue[:n:n]
	if l.queue = l.queue[n:]; len(l.queue) == 0 {
		l.queue = nil // lets the array go, and with it what the calls hold
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
