package budget_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"peneira/internal/budget"
	"peneira/internal/failure"
)

const mib = 1 << 20

// empty fails the test unless all of a budget of so many bytes is there.
func empty(t *testing.T, b *budget.Budget, bytes int) {
	t.Helper()
	large := b.Share()
	defer large.Free()
	if err := large.TryGrow(bytes - bytes/4); err != nil {
		t.Errorf("of the part for large ones something is missing: %v", err)
	}
	for range bytes / 4 / budget.Small {
		small := b.Share()
		t.Cleanup(small.Free)
		if err := small.TryGrow(budget.Small); err != nil {
			t.Errorf("of the part for small ones something is missing: %v", err)
		}
	}
	if b.Share().TryGrow(1) == nil {
		t.Error("there is more than there should be")
	}
}

func TestSmallOnesHaveAPartOfTheirOwn(t *testing.T) {
	t.Parallel()
	b := budget.New(8 * mib)
	large, small := b.Share(), b.Share()
	if large.TryGrow(6*mib) != nil || failure.KindOf(b.Share().TryGrow(mib)) != failure.Unavailable {
		t.Error("three quarters are for large ones, and no more")
	}
	if small.TryGrow(1000) != nil {
		t.Error("a small one was turned away by a large one")
	}
	if small.TryGrow(mib) == nil {
		t.Error("a small one grew large beyond the part for large ones")
	}
	large.Free()
	large.Free()
	if small.TryGrow(mib) != nil {
		t.Error("a small one may not grow large")
	}
	if large.TryGrow(5*mib) == nil {
		t.Error("what has grown large is not counted")
	}
	small.Free()
	empty(t, b, 8*mib)
}

func TestWhatNeverFitsGoesAlone(t *testing.T) {
	t.Parallel()
	b := budget.New(4 * mib)
	huge := b.Share()
	for range 5 {
		if err := huge.TryGrow(2 * mib); err != nil {
			t.Errorf("a payload larger than the budget would never be taken: %v", err)
		}
	}
	if b.Share().TryGrow(mib) == nil {
		t.Error("another large one was let in beside it")
	}
	if small := b.Share(); small.TryGrow(1) != nil {
		t.Error("a small one was turned away")
	} else {
		small.Free()
	}
	huge.Free()
	empty(t, b, 4*mib)
}

func TestTakeWaits(t *testing.T) {
	t.Parallel()
	b := budget.New(4 * mib)
	first, err := b.Take(t.Context(), 100*mib)
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancelCause(t.Context())
	why := errors.New("no more")
	cancel(why)
	if _, err := b.Take(ended, mib); !errors.Is(err, why) {
		t.Errorf("a context that has ended: %v", err)
	}
	var waiting sync.WaitGroup
	for range 10 {
		waiting.Go(func() {
			s, err := b.Take(t.Context(), mib)
			if err != nil {
				t.Error(err)
			}
			s.Free()
		})
	}
	first.Free()
	waiting.Wait()
	empty(t, b, 4*mib)
}

func TestNoBudgetHasNoBound(t *testing.T) {
	t.Parallel()
	var b *budget.Budget
	s, err := b.Take(t.Context(), 1<<40)
	if err != nil || s.TryGrow(1<<40) != nil || b.Share().TryGrow(1<<40) != nil {
		t.Error("a nil budget refused")
	}
	s.Free()
}

func TestAShareComesWithItsContext(t *testing.T) {
	t.Parallel()
	s := budget.New(mib).Share()
	if budget.From(budget.With(t.Context(), s)) != s || budget.From(t.Context()) != nil {
		t.Error("a context carries another share")
	}
}
