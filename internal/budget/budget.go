// Package budget bounds how many bytes of payloads a process holds at once, so that load beyond what its memory carries is
// turned away or waits, instead of ending the process.
package budget

import (
	"context"

	"golang.org/x/sync/semaphore"

	"peneira/internal/failure"
)

// Small is up to how many bytes a payload is small. A part of every budget is for small ones alone, so that they never wait
// for a large one to be done.
const Small = 256 << 10

// Budget is a number of bytes that payloads may take together. A nil Budget has no bound.
type Budget struct{ small, large part }

// part is the part of a budget for payloads of one size. A payload that would never fit takes the whole of it: it goes
// alone.
type part struct {
	bytes int64
	free  *semaphore.Weighted
}

func newPart(bytes int) part {
	return part{int64(bytes), semaphore.NewWeighted(int64(bytes))}
}

// New returns a budget of so many bytes, at least four times Small. A quarter is for small payloads, the rest for large ones.
func New(bytes int) *Budget {
	return &Budget{small: newPart(bytes / 4), large: newPart(bytes - bytes/4)}
}

// Share is what one request or run has of a budget. A nil Share belongs to no budget, and may grow as it likes. It is not
// for use by several goroutines at once.
type Share struct {
	budget *Budget
	bytes  int   // that were asked for
	part   *part // that they are taken from; nil while there are none
	taken  int64 // of the part
}

// Share returns an empty share.
func (b *Budget) Share() *Share {
	if b == nil {
		return nil
	}
	return &Share{budget: b}
}

// Take returns a share of so many bytes, as soon as they are there; who comes first is served first. It returns ctx's cause
// when that ends before.
func (b *Budget) Take(ctx context.Context, bytes int) (*Share, error) {
	if b == nil {
		return nil, nil //nolint:nilnil // a nil share is a valid one
	}
	s := b.Share()
	p, taken := b.need(bytes)
	if err := p.free.Acquire(ctx, taken); err != nil {
		return nil, context.Cause(ctx)
	}
	s.part, s.taken, s.bytes = p, taken, bytes
	return s, nil
}

// need tells which part so many bytes belong to, and how much of it they take.
func (b *Budget) need(bytes int) (*part, int64) {
	p := &b.large
	if bytes <= Small {
		p = &b.small
	}
	return p, min(int64(bytes), p.bytes)
}

// TryGrow takes so many bytes more. It returns a failure of kind Unavailable when they are not there; the share then keeps
// what it has.
func (s *Share) TryGrow(bytes int) error {
	if s == nil || bytes <= 0 {
		return nil
	}
	p, taken := s.budget.need(s.bytes + bytes)
	more := taken
	if p == s.part {
		more -= s.taken
	}
	if !p.free.TryAcquire(more) {
		return failure.New(failure.Unavailable, "overloaded",
			"The server holds as much data as it may at once. Send the request again when the time in Retry-After is over.")
	}
	if s.part != nil && s.part != p {
		s.part.free.Release(s.taken)
	}
	s.part, s.taken = p, taken
	s.bytes += bytes
	return nil
}

// Free gives all bytes back. It may be called again.
func (s *Share) Free() {
	if s == nil || s.part == nil {
		return
	}
	s.part.free.Release(s.taken)
	s.part, s.taken, s.bytes = nil, 0, 0
}

type contextKey struct{}

// With returns a context that carries the share of a request to all that is done for it.
func With(ctx context.Context, s *Share) context.Context {
	return context.WithValue(ctx, contextKey{}, s)
}

// From returns the share that a context carries, or nil.
func From(ctx context.Context) *Share {
	s, _ := ctx.Value(contextKey{}).(*Share)
	return s
}
