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

// beginRun begins a run of version 1 that nothing is to be written of.
func beginRun(h *headstarts, id uuid.UUID, run func(ctx context.Context, begin func(time.Time) error) (execution.Outcome, error)) bool {
	return h.begin(id, plan{version: 1, run: run, write: func(int64, time.Time, execution.Outcome) { panic("nobody has accepted it") }})
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
		beginRun(h, id, func(_ context.Context, begin func(time.Time) error) (execution.Outcome, error) {
			_ = begin(time.Now())
			<-time.After(5 * headstartPatience) // a run that is waited for may last
			return done, nil
		})
		synctest.Wait()
		began := time.Now()
		<-time.After(headstartPatience / 2)
		var at time.Time
		outcome, joined, err := h.join(t.Context(), id, 1, noteBegin(&at))
		if string(outcome.Output) != `1` || !joined || err != nil || !at.Equal(began) || time.Since(began) != 5*headstartPatience {
			t.Errorf("%s, %v, %v; begun %v after it began, ended after %v", outcome.Output, joined, err, at.Sub(began), time.Since(began))
		}
		if _, joined, _ := h.join(t.Context(), id, 1, noteBegin(&at)); joined {
			t.Error("a run was joined twice")
		}
	})
}

func TestHeadstartThatDidNotBegin(t *testing.T) {
	t.Parallel()
	h, id := newHeadstarts(1, nil), uuid.New()
	beginRun(h, id, func(context.Context, func(time.Time) error) (execution.Outcome, error) {
		return execution.Outcome{}, errors.New("every sandbox is busy")
	})
	var at time.Time
	if _, joined, err := h.join(t.Context(), id, 1, noteBegin(&at)); joined || err != nil || !at.IsZero() {
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
			_, _, err := h.join(t.Context(), id, 1, func(time.Time) error { return refused })
			return err
		},
		"stopped": func(t *testing.T, h *headstarts, id uuid.UUID) error {
			t.Helper()
			ctx, cancel := context.WithCancelCause(t.Context())
			_, joined, err := h.join(ctx, id, 1, func(time.Time) error { cancel(refused); return nil })
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
				beginRun(h, id, func(ctx context.Context, begin func(time.Time) error) (execution.Outcome, error) {
					_ = begin(time.Now())
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
		beginRun(h, uuid.New(), func(_ context.Context, begin func(time.Time) error) (execution.Outcome, error) {
			_ = begin(time.Now())
			return done, nil
		})
	}
	if runs := h.len(); runs != 2 {
		t.Errorf("%d of at most 2 have begun", runs)
	}
}

// written is what a run has had written.
type written struct {
	job     int64
	after   time.Duration // the end of its run, from its beginning
	outcome execution.Outcome
}

// beginWritten begins a run of version 1 that takes a second, whose outcome comes out of the channel.
func beginWritten(h *headstarts, id uuid.UUID) <-chan written {
	began, out := time.Now(), make(chan written, 1)
	h.begin(id, plan{version: 1, run: func(ctx context.Context, begin func(time.Time) error) (execution.Outcome, error) {
		_ = begin(time.Now())
		select {
		case <-time.After(headstartPatience / 2):
			return done, nil
		case <-ctx.Done():
			return execution.Outcome{}, ctx.Err()
		}
	}, write: func(job int64, at time.Time, outcome execution.Outcome) {
		if !at.Equal(began) {
			panic("it began at another time")
		}
		out <- written{job, time.Since(began), outcome}
	}})
	return out
}

// A run that nobody comes for before its end is written once it has ended and was accepted, whichever is later.
func TestHeadstartIsWritten(t *testing.T) {
	t.Parallel()
	for name, accepted := range map[string]time.Duration{"accepted first": 0, "ended first": headstartPatience * 3 / 4} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h, id := newHeadstarts(1, nil), uuid.New()
				out := beginWritten(h, id)
				<-time.After(accepted)
				h.settle(id, 1, 7)
				h.settle(id, 1, 8) // whoever says more comes too late
				w := <-out
				if w.job != 7 || string(w.outcome.Output) != `1` || w.after != max(accepted, headstartPatience/2) {
					t.Errorf("%+v", w)
				}
				synctest.Wait()
				var at time.Time
				if _, joined, _ := h.join(t.Context(), id, 1, noteBegin(&at)); joined || h.len() > 0 {
					t.Error("what was written is still there to be joined")
				}
			})
		})
	}
}

// A run is not written when it was not accepted, or as another version, or when a worker has come for it, or at a stop.
func TestHeadstartIsNotWritten(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(t *testing.T, h *headstarts, id uuid.UUID){
		"not accepted":    func(_ *testing.T, h *headstarts, id uuid.UUID) { h.settle(id, 0, 0) },
		"another version": func(_ *testing.T, h *headstarts, id uuid.UUID) { h.settle(id, 2, 7) },
		"never settled":   func(*testing.T, *headstarts, uuid.UUID) {},
		"joined": func(t *testing.T, h *headstarts, id uuid.UUID) {
			t.Helper()
			var at time.Time
			if _, joined, err := h.join(t.Context(), id, 1, noteBegin(&at)); !joined || err != nil {
				t.Errorf("joined %v, %v", joined, err)
			}
			h.settle(id, 1, 7)
		},
		"ended before it was accepted": func(t *testing.T, h *headstarts, id uuid.UUID) {
			t.Helper()
			s, ended := h.ended(t.Context(), id, headstartPatience)
			if !ended || string(s.outcome.Output) != `1` {
				t.Errorf("ended %v", ended)
			}
			if _, again := h.ended(t.Context(), id, 0); again {
				t.Error("two may write it")
			}
			s.leave()
			h.settle(id, 1, 7)
		},
		"joined for another version": func(t *testing.T, h *headstarts, id uuid.UUID) {
			t.Helper()
			var at time.Time
			if _, joined, err := h.join(t.Context(), id, 2, noteBegin(&at)); joined || err != nil {
				t.Errorf("joined %v, %v", joined, err)
			}
			h.settle(id, 1, 7)
		},
		"stopped": func(_ *testing.T, h *headstarts, id uuid.UUID) {
			h.close()
			h.settle(id, 1, 7)
			if beginRun(h, uuid.New(), nil) {
				panic("a run began after the stop")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h, id := newHeadstarts(1, nil), uuid.New()
				out := beginWritten(h, id)
				synctest.Wait()
				spoil(t, h, id)
				<-time.After(2 * headstartPatience)
				select {
				case w := <-out:
					t.Errorf("%+v was written", w)
				default:
				}
				if h.len() > 0 {
					t.Error("it is still there")
				}
			})
		})
	}
}

// Who waits for the end of a run goes away after a while, or at once when there is none to come; it is written later.
func TestHeadstartThatDoesNotEndSoon(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, id := newHeadstarts(2, nil), uuid.New()
		out := beginWritten(h, id)
		began := time.Now()
		if _, ended := h.ended(t.Context(), id, headstartPatience/4); ended || time.Since(began) != headstartPatience/4 {
			t.Errorf("ended %v after %v", ended, time.Since(began))
		}
		gone, leave := context.WithCancel(t.Context())
		leave()
		if _, ended := h.ended(gone, id, headstartPatience); ended || time.Since(began) != headstartPatience/4 {
			t.Errorf("ended %v for nobody, after %v", ended, time.Since(began))
		}
		h.settle(id, 1, 7)
		if w := <-out; w.job != 7 {
			t.Errorf("%+v", w)
		}
		failed := uuid.New()
		beginRun(h, failed, func(context.Context, func(time.Time) error) (execution.Outcome, error) {
			return execution.Outcome{}, errors.New("every sandbox is busy")
		})
		for _, id := range []uuid.UUID{failed, uuid.New()} {
			if _, ended := h.ended(t.Context(), id, headstartPatience/4); ended {
				t.Error("a run that failed, or is none, has ended well")
			}
		}
	})
}

// A stop waits for what is being written.
func TestHeadstartsCloseWhenAllIsWritten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, id, isWritten := newHeadstarts(1, nil), uuid.New(), false
		h.begin(id, plan{version: 1, run: func(_ context.Context, begin func(time.Time) error) (execution.Outcome, error) {
			_ = begin(time.Now())
			return done, nil
		}, write: func(int64, time.Time, execution.Outcome) {
			<-time.After(time.Minute)
			isWritten = true
		}})
		h.settle(id, 1, 7)
		synctest.Wait()
		h.close()
		if !isWritten {
			t.Error("it did not wait")
		}
	})
}
