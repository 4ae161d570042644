package jobs

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"peneira/internal/budget"
	"peneira/internal/execution"
)

var done = execution.Outcome{Output: []byte(`1`)}

func noteBegin(at *time.Time) func(time.Time) error {
	return func(begun time.Time) error {
		*at = begun
		return nil
	}
}

func (h *headstarts) len() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.runs)
}

func TestHeadstartIsJoined(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, id := newHeadstarts(1, nil), uuid.New()
		h.begin(id, func(_ context.Context, begun func()) (execution.Outcome, error) {
			begun()
			<-time.After(5 * headstartPatience) // a run that is waited for may last
			return done, nil
		})
		synctest.Wait()
		began := time.Now()
		<-time.After(headstartPatience / 2)
		var at time.Time
		outcome, joined, err := h.join(t.Context(), id, noteBegin(&at))
		if string(outcome.Output) != `1` || !joined || err != nil || !at.Equal(began) || time.Since(began) != 5*headstartPatience {
			t.Errorf("%s, %v, %v; begun %v after it began, ended after %v", outcome.Output, joined, err, at.Sub(began), time.Since(began))
		}
		if _, joined, _ := h.join(t.Context(), id, noteBegin(&at)); joined {
			t.Error("a run was joined twice")
		}
	})
}

func TestHeadstartThatDidNotBegin(t *testing.T) {
	t.Parallel()
	h, id := newHeadstarts(1, nil), uuid.New()
	h.begin(id, func(context.Context, func()) (execution.Outcome, error) {
		return execution.Outcome{}, errors.New("every sandbox is busy")
	})
	var at time.Time
	if _, joined, err := h.join(t.Context(), id, noteBegin(&at)); joined || err != nil || !at.IsZero() {
		t.Errorf("joined %v, %v, begun %v", joined, err, at)
	}
}

// A run ends when its worker may not have it, or stops, or when no worker comes for it; and its output counts no longer.
func TestHeadstartIsLeft(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	for name, leave := range map[string]func(t *testing.T, h *headstarts, id uuid.UUID) error{
		"refused": func(t *testing.T, h *headstarts, id uuid.UUID) error {
			t.Helper()
			_, _, err := h.join(t.Context(), id, func(time.Time) error { return refused })
			return err
		},
		"stopped": func(t *testing.T, h *headstarts, id uuid.UUID) error {
			t.Helper()
			ctx, cancel := context.WithCancelCause(t.Context())
			_, joined, err := h.join(ctx, id, func(time.Time) error { cancel(refused); return nil })
			if !joined || !errors.Is(err, context.Canceled) {
				t.Errorf("joined %v, %v", joined, err)
			}
			return context.Cause(ctx)
		},
		"nobody comes": func(*testing.T, *headstarts, uuid.UUID) error {
			<-time.After(headstartPatience)
			return refused
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				outputs := budget.NewBrake(0)
				h, id, ended := newHeadstarts(1, outputs), uuid.New(), false
				h.begin(id, func(ctx context.Context, begun func()) (execution.Outcome, error) {
					begun()
					<-ctx.Done()
					ended = true
					return done, ctx.Err()
				})
				if err := leave(t, h, id); !errors.Is(err, refused) {
					t.Error(err)
				}
				synctest.Wait()
				if !ended || h.len() > 0 {
					t.Errorf("it ended: %v; %d are there", ended, h.len())
				}
				if err := outputs.Wait(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestHeadstartsAreFew(t *testing.T) {
	t.Parallel()
	h := newHeadstarts(2, nil)
	for range 3 {
		h.begin(uuid.New(), func(_ context.Context, begun func()) (execution.Outcome, error) {
			begun()
			return done, nil
		})
	}
	if runs := h.len(); runs != 2 {
		t.Errorf("%d of at most 2 have begun", runs)
	}
}
