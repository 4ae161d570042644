package batch_test

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"

	"peneira/internal/batch"
)

// recorder doubles numbers and notes what was flushed together. Each flush waits until it is let go.
type recorder struct {
	began chan []int
	let   chan struct{}
}

func newRecorder() *recorder {
	return &recorder{began: make(chan []int, 100), let: make(chan struct{}, 100)}
}

func (r *recorder) flush(_ context.Context, items []int) ([]batch.Result[int], error) {
	r.began <- slices.Clone(items)
	<-r.let
	results := make([]batch.Result[int], len(items))
	for i, item := range items {
		results[i] = batch.Result[int]{Value: 2 * item}
		if item < 0 {
			results[i] = batch.Result[int]{Err: fmt.Errorf("%d is negative", item)}
		}
	}
	return results, nil
}

func TestCallsOnAnIdleGroupGoAlone(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	g := batch.New(batch.Config[int, int]{Flush: r.flush, Flushers: 1, MaxItems: 10})
	for i := range 3 {
		r.let <- struct{}{}
		if got, err := g.Do(t.Context(), i); got != 2*i || err != nil {
			t.Errorf("Do(%d) is %d (%v)", i, got, err)
		}
		if together := <-r.began; len(together) != 1 {
			t.Errorf("flushed %v together", together)
		}
	}
}

func TestCallsThatComeDuringAFlushGoTogether(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cfg  batch.Config[int, int]
		want []int // sizes of the flushes after the first
	}{
		"all at once": {batch.Config[int, int]{MaxItems: 100}, []int{6}},
		"by number":   {batch.Config[int, int]{MaxItems: 4}, []int{4, 2}},
		"by weight":   {batch.Config[int, int]{MaxItems: 100, Bytes: func(int) int { return 5 }, MaxBytes: 10}, []int{2, 2, 2}},
		"too heavy":   {batch.Config[int, int]{MaxItems: 100, Bytes: func(int) int { return 50 }, MaxBytes: 10}, []int{1, 1, 1, 1, 1, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRecorder()
			c.cfg.Flush, c.cfg.Flushers = r.flush, 1
			g := batch.New(c.cfg)
			var wg sync.WaitGroup
			do := func(item int) {
				wg.Go(func() {
					if got, err := g.Do(t.Context(), item); got != 2*item || err != nil {
						t.Errorf("Do(%d) is %d (%v)", item, got, err)
					}
				})
			}
			do(0)
			<-r.began
			for i := 1; i <= 6; i++ {
				do(i)
			}
			batch.AwaitQueue(g, 6)
			for range 10 {
				r.let <- struct{}{}
			}
			wg.Wait()
			var sizes []int
			for range c.want {
				sizes = append(sizes, len(<-r.began))
			}
			if !slices.Equal(sizes, c.want) {
				t.Errorf("flushed %v, want %v", sizes, c.want)
			}
		})
	}
}

func TestLightItemsDoNotWaitForHeavyOnes(t *testing.T) {
	t.Parallel()
	stuck, release := make(chan struct{}), make(chan struct{})
	g := batch.New(batch.Config[int, int]{
		Flush: func(_ context.Context, items []int) ([]batch.Result[int], error) {
			if items[0] >= 100 {
				close(stuck)
				<-release
			}
			return make([]batch.Result[int], len(items)), nil
		},
		Flushers: 1, MaxItems: 10, Bytes: func(item int) int { return item }, MaxBytes: 1000, HeavyBytes: 100,
	})
	var heavy sync.WaitGroup
	heavy.Go(func() {
		if _, err := g.Do(t.Context(), 500); err != nil {
			t.Error(err)
		}
	})
	<-stuck
	if _, err := g.Do(t.Context(), 99); err != nil {
		t.Error(err)
	}
	close(release)
	heavy.Wait()
}

func TestOneBadItemHarmsNoOther(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	g := batch.New(batch.Config[int, int]{Flush: r.flush, Flushers: 1, MaxItems: 10})
	for range 3 {
		r.let <- struct{}{}
	}
	var wg sync.WaitGroup
	for _, item := range []int{1, -2, 3} {
		wg.Go(func() {
			if _, err := g.Do(t.Context(), item); (err != nil) != (item < 0) {
				t.Errorf("Do(%d): %v", item, err)
			}
		})
	}
	wg.Wait()
}

func TestACallerWhoLeavesDoesNotStopTheFlush(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	g := batch.New(batch.Config[int, int]{Flush: func(ctx context.Context, items []int) ([]batch.Result[int], error) {
		results, err := r.flush(ctx, items)
		return results, errors.Join(err, ctx.Err())
	}, Flushers: 1, MaxItems: 10})
	leaving, leave := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() { _, err := g.Do(leaving, 1); gone <- err }()
	<-r.began
	leave()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("the one who left got %v", err)
	}
	r.let <- struct{}{}
	r.let <- struct{}{}
	if got, err := g.Do(t.Context(), 2); got != 4 || err != nil {
		t.Errorf("the next one got %d (%v)", got, err)
	}
}

// A caller who flushes itself does so once: what comes meanwhile is flushed by another goroutine, together.
func TestACallerFlushesOnceItself(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	caller := make(chan bool, 10)
	g := batch.New(batch.Config[int, int]{Flush: func(ctx context.Context, items []int) ([]batch.Result[int], error) {
		caller <- strings.Contains(string(debug.Stack()), ".Do(")
		results, err := r.flush(ctx, items)
		return results, errors.Join(err, ctx.Err())
	}, Flushers: 1, MaxItems: 10, InCaller: true})
	leaving, leave := context.WithCancel(t.Context())
	answers := make(chan int, 3)
	ask := func(ctx context.Context, n int) {
		got, err := g.Do(ctx, n)
		if err != nil {
			t.Error(err)
		}
		answers <- got
	}
	go ask(leaving, 1)
	<-r.began
	leave()
	for n := range 2 {
		go ask(t.Context(), 2+n)
	}
	batch.AwaitQueue(g, 2)
	r.let <- struct{}{}
	if got := <-answers; got != 2 {
		t.Errorf("the first got %d, after it had left: what is done counts", got)
	}
	r.let <- struct{}{}
	if got := <-answers + <-answers; got != 10 {
		t.Errorf("the others got %d together", got)
	}
	if together := <-r.began; len(together) != 2 {
		t.Errorf("flushed %v together", together)
	}
	if first, second := <-caller, <-caller; !first || second {
		t.Errorf("flushed by a caller: first %t, second %t", first, second)
	}
	r.let <- struct{}{}
	if got, err := g.Do(t.Context(), 7); got != 14 || err != nil || !<-caller {
		t.Errorf("alone again: %d (%v)", got, err)
	}
}

func TestFlushesThatGoWrongAnswerEveryCaller(t *testing.T) {
	t.Parallel()
	for name, flush := range map[string]func(context.Context, []int) ([]batch.Result[int], error){
		"error":        func(context.Context, []int) ([]batch.Result[int], error) { return nil, errors.New("no") },
		"panic":        func(context.Context, []int) ([]batch.Result[int], error) { panic("no") },
		"short result": func(context.Context, []int) ([]batch.Result[int], error) { return nil, nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := batch.New(batch.Config[int, int]{Flush: flush, Flushers: 2, MaxItems: 2})
			for range 3 {
				if _, err := g.Do(t.Context(), 1); err == nil {
					t.Error("no error")
				}
			}
		})
	}
}

func TestACallerWhoLeavesTheQueueIsNotFlushed(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	g := batch.New(batch.Config[int, int]{Flush: r.flush, Flushers: 1, MaxItems: 10})
	do := func(ctx context.Context, item int) <-chan error {
		done := make(chan error, 1)
		go func() { _, err := g.Do(ctx, item); done <- err }()
		return done
	}
	first := do(t.Context(), 1)
	<-r.began
	leaving, leave := context.WithCancel(t.Context())
	second := do(leaving, 2)
	batch.AwaitQueue(g, 1)
	third := do(t.Context(), 3)
	batch.AwaitQueue(g, 2)
	leave()
	if err := <-second; !errors.Is(err, context.Canceled) {
		t.Errorf("the one who left got %v", err)
	}
	r.let <- struct{}{}
	r.let <- struct{}{}
	if err := errors.Join(<-first, <-third); err != nil {
		t.Error(err)
	}
	if next := <-r.began; !slices.Equal(next, []int{3}) {
		t.Errorf("flushed %v", next)
	}
}
