package keyring

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// Flights counts, for each key, the executions that this process accepted and that have not ended. It is told of ends as
// those are who wait for one, so it costs the database nothing; what it was not told of, it asks about.
type Flights struct {
	ended  func(ctx context.Context, ids []uuid.UUID) ([]uuid.UUID, error)
	log    *slog.Logger
	asking chan struct{}

	mu     sync.Mutex
	flying map[uuid.UUID]flight
}

type flight struct {
	of    *atomic.Int64
	since time.Time
}

// NewFlights returns an empty count. ended says which of some executions have ended or are not there.
func NewFlights(ended func(ctx context.Context, ids []uuid.UUID) ([]uuid.UUID, error), log *slog.Logger) *Flights {
	return &Flights{ended: ended, log: log, asking: make(chan struct{}, 1), flying: map[uuid.UUID]flight{}}
}

// Begin counts an execution before it is accepted: it may end before its acceptance is known. It reports false, and counts
// nothing, when the holder has as many as it may.
func (f *Flights) Begin(h *Holder, id uuid.UUID) bool {
	limit := int64(h.Key.Limits.ExecutionsInFlight)
	if limit <= 0 {
		return true
	}
	if h.flights.Add(1) > limit {
		h.flights.Add(-1)
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, again := f.flying[id]; again {
		h.flights.Add(-1)
		return true
	}
	f.flying[id] = flight{&h.flights, time.Now()}
	return true
}

// End counts an execution no longer. Others than those counted do not matter.
func (f *Flights) End(id uuid.UUID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if flight, ok := f.flying[id]; ok {
		flight.of.Add(-1)
		delete(f.flying, id)
	}
}

// Missed says that ends may not have been told of.
func (f *Flights) Missed() {
	select {
	case f.asking <- struct{}{}:
	default:
	}
}

// How long an execution flies before it is asked about unprompted, how often, and about how many at once.
const (
	askAfter = time.Minute
	askEvery = time.Minute
	askMost  = 1000
	// What is younger may not be inserted yet.
	askYoungest = 5 * time.Second
)

// Run asks about executions whose ends may have been missed, until ctx ends. It returns nil.
func (f *Flights) Run(ctx context.Context) error {
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		after := askAfter
		select {
		case <-ctx.Done():
			return nil
		case <-f.asking:
			after = askYoungest
		case <-tick.C:
		}
		if err := f.ask(ctx, after); err != nil && ctx.Err() == nil {
			f.log.WarnContext(ctx, "could not ask which executions have ended", "error", err)
		}
	}
}

func (f *Flights) ask(ctx context.Context, after time.Duration) error {
	ids := f.older(time.Now().Add(-after))
	for len(ids) > 0 {
		n := min(len(ids), askMost)
		asking, cancel := context.WithTimeout(ctx, loadTime)
		ended, err := f.ended(asking, ids[:n])
		cancel()
		if err != nil {
			return err
		}
		for _, id := range ended {
			f.End(id)
		}
		ids = ids[n:]
	}
	return nil
}

func (f *Flights) older(than time.Time) []uuid.UUID {
	f.mu.Lock()
	defer f.mu.Unlock()
	var ids []uuid.UUID
	for id, flight := range f.flying {
		if !flight.since.After(than) {
			ids = append(ids, id)
		}
	}
	return ids
}
