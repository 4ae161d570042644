package budget_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"peneira/internal/budget"
)

func TestABrakeHoldsBackUntilLittleIsLeft(t *testing.T) {
	t.Parallel()
	b := budget.NewBrake(10)
	removeFirst, removeSecond := b.Add(8), b.Add(8)
	ended, cancel := context.WithCancelCause(t.Context())
	why := errors.New("no more")
	cancel(why)
	if err := b.Wait(ended); !errors.Is(err, why) {
		t.Errorf("16 of 10 bytes are there: %v", err)
	}
	var waiting sync.WaitGroup
	for range 5 {
		waiting.Go(func() {
			if err := b.Wait(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	removeFirst()
	waiting.Wait()
	if err := b.Wait(ended); err != nil {
		t.Errorf("8 of 10 bytes are there: %v", err)
	}
	removeSecond()
}

func TestNoBrakeHoldsBackNothing(t *testing.T) {
	t.Parallel()
	var b *budget.Brake
	b.Add(100)()
	if err := b.Wait(t.Context()); err != nil {
		t.Error(err)
	}
}
