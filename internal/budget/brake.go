package budget

import (
	"context"
	"sync"
)

// Brake counts bytes that are in memory whether they fit or not, such as results, and holds back what makes more of them
// until they are few enough. A nil Brake holds back nothing.
type Brake struct {
	limit int

	mu    sync.Mutex
	bytes int
	eased chan struct{} // closed, and replaced, when the bytes sink to the limit
}

// NewBrake returns a brake that lets go at so many bytes or fewer.
func NewBrake(bytes int) *Brake { return &Brake{limit: bytes, eased: make(chan struct{})} }

// Add counts bytes until remove is called, which must be called once.
func (b *Brake) Add(bytes int) (remove func()) {
	if b == nil {
		return func() {}
	}
	b.add(bytes)
	return func() { b.add(-bytes) }
}

func (b *Brake) add(bytes int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := b.bytes
	b.bytes += bytes
	if before > b.limit && b.bytes <= b.limit {
		close(b.eased)
		b.eased = make(chan struct{})
	}
}

// Wait waits until no more than the limit is there. It returns ctx's cause when that ends before.
func (b *Brake) Wait(ctx context.Context) error {
	if b == nil {
		return nil
	}
	for {
		b.mu.Lock()
		over, eased := b.bytes > b.limit, b.eased
		b.mu.Unlock()
		if !over {
			return nil
		}
		select {
		case <-eased:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
