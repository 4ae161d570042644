package keyring

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"peneira/internal/access"
)

// memory keeps keys for what is about the keyring alone; over the real store it is tested in internal/app.
type memory struct {
	mu   sync.Mutex
	keys []access.Stored
	ever bool
	err  error
	uses chan access.Use
}

func (m *memory) Usable(context.Context) ([]access.Stored, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.keys), m.ever, m.err
}

func (m *memory) NoteUse(_ context.Context, use access.Use) error {
	m.uses <- use
	return nil
}

func (m *memory) add(change ...func(*access.Key)) (access.Key, string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	token := access.NewToken(access.TokenPrefix)
	key := access.Key{ID: uuid.Must(uuid.NewV7()), Scopes: []access.Scope{access.ScriptsRead}}
	for _, c := range change {
		c(&key)
	}
	m.keys, m.ever = append(m.keys, access.Stored{Key: key, Hash: access.HashOf(token)}), true
	return key, token
}

func setup(t *testing.T, defaults access.Limits, told func() bool) (*memory, *Keyring) {
	t.Helper()
	m := &memory{uses: make(chan access.Use, 100)}
	return m, New(Config{Store: m, Defaults: defaults, Told: told, Logger: slog.New(slog.DiscardHandler)})
}

func always() bool { return true }

func load(t *testing.T, k *Keyring) {
	t.Helper()
	if err := k.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestOnlyUsableKeysAreFound(t *testing.T) {
	t.Parallel()
	m, k := setup(t, access.Limits{}, always)
	if !k.Required() {
		t.Error("a keyring that is not loaded lets everybody in")
	}
	load(t, k)
	if k.Required() {
		t.Error("keys are asked for, and there never was one")
	}
	key, token := m.add()
	past := time.Now().Add(-time.Second)
	_, expired := m.add(func(k *access.Key) { k.ExpiresAt = &past })
	load(t, k)
	if h, ok := k.ByToken(token); !ok || h.Key.ID != key.ID || !k.Required() {
		t.Errorf("%+v %v", h, ok)
	}
	if _, ok := k.ByID(key.ID); !ok {
		t.Error("the key is not found by its id")
	}
	for name, wrong := range map[string]string{
		"expired": expired, "empty": "", "prefix alone": access.TokenPrefix, "unknown": access.NewToken(access.TokenPrefix),
		"other prefix": access.NewToken("other_"), "one more": token + "A", "one less": token[:len(token)-1],
	} {
		if _, ok := k.ByToken(wrong); ok {
			t.Errorf("%s: %q is taken for a key", name, wrong)
		}
	}
	m.keys = nil
	load(t, k)
	if _, ok := k.ByToken(token); ok || !k.Required() {
		t.Error("after the last key is revoked it is still good, or the doors are open")
	}
}

func TestAFailedReadingChangesNothing(t *testing.T) {
	t.Parallel()
	m, k := setup(t, access.Limits{}, always)
	_, token := m.add()
	load(t, k)
	m.err = errors.New("no database")
	if err := k.Load(t.Context()); err == nil {
		t.Error("the failure is hidden")
	}
	if _, ok := k.ByToken(token); !ok {
		t.Error("the key is forgotten")
	}
}

// Those who are told learn of a change at once, and those who are not within two seconds.
func TestChangesAreLearned(t *testing.T) {
	t.Parallel()
	for name, told := range map[string]bool{"told": true, "not told": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, k := setup(t, access.Limits{}, func() bool { return told })
			load(t, k)
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- k.Run(ctx) }()
			_, token := m.add()
			if told {
				k.Changed()
			}
			tick := time.NewTicker(time.Millisecond)
			defer tick.Stop()
			began := time.Now()
			for _, ok := k.ByToken(token); !ok; _, ok = k.ByToken(token) {
				<-tick.C
			}
			if took := time.Since(began); told && took >= untoldInterval {
				t.Errorf("it took %v", took)
			}
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}

func TestUseIsNotedOnceASecond(t *testing.T) {
	t.Parallel()
	m, k := setup(t, access.Limits{}, always)
	key, token := m.add()
	load(t, k)
	for range 1000 {
		h, _ := k.ByToken(token)
		k.Note(h)
	}
	load(t, k) // what is noted outlives a reading
	h, _ := k.ByToken(token)
	k.Note(h)
	k.notes.Wait()
	if len(m.uses) != 1 || (<-m.uses).KeyID != key.ID {
		t.Errorf("noted %d times", len(m.uses)+1)
	}
}

func TestRequestsAreTakenFromABucket(t *testing.T) {
	t.Parallel()
	m, k := setup(t, access.Limits{RequestsPerSecond: 3}, always)
	_, token := m.add()
	_, own := m.add(func(k *access.Key) { k.Limits.RequestsPerSecond = 1 })
	load(t, k)
	h, _ := k.ByToken(token)
	now := time.Now()
	for i, want := range []Allowance{
		{OK: true, Limit: 3, Remaining: 2, Reset: 333333334},
		{OK: true, Limit: 3, Remaining: 1, Reset: 666666667},
		{OK: true, Limit: 3, Remaining: 0, Reset: 1000000000},
		{Limit: 3, Reset: 1000000000, Wait: 333333334},
		{Limit: 3, Reset: 1000000000, Wait: 333333334}, // a refused one costs nothing
	} {
		if got := h.Take(now); got != want {
			t.Errorf("request %d: %+v, want %+v", i+1, got, want)
		}
	}
	if !h.Take(now.Add(334*time.Millisecond)).OK || h.Take(now.Add(334*time.Millisecond)).OK {
		t.Error("after a third of a second one request is taken, and no more")
	}
	if h.Take(now).OK {
		t.Error("a clock that goes back fills the bucket")
	}
	load(t, k)
	if h, _ := k.ByToken(token); h.Take(now.Add(335 * time.Millisecond)).OK {
		t.Error("a reading of the keys fills the bucket")
	}
	if h, _ := k.ByToken(own); h.Take(now).Limit != 1 {
		t.Error("a key's own limit does not count")
	}
	_, unlimited := setup(t, access.Limits{}, always)
	load(t, unlimited)
	if a := (&Holder{usage: &usage{}}).Take(now); !a.OK || a.Limit != 0 {
		t.Errorf("without a limit: %+v", a)
	}
}

func TestFlightsAreCounted(t *testing.T) {
	t.Parallel()
	var gone atomic.Bool
	asked := make(chan []uuid.UUID, 10)
	f := NewFlights(func(_ context.Context, ids []uuid.UUID) ([]uuid.UUID, error) {
		asked <- ids
		if gone.Load() {
			return ids, nil
		}
		return nil, nil
	}, slog.New(slog.DiscardHandler))
	h := &Holder{Key: access.Key{Limits: access.Limits{ExecutionsInFlight: 2}}, usage: &usage{}}
	ids := []uuid.UUID{uuid.New(), uuid.New(), uuid.New()}
	for _, id := range []uuid.UUID{ids[0], ids[0], ids[1]} {
		if !f.Begin(h, id) {
			t.Error("an execution begun twice counts once")
		}
	}
	if f.Begin(h, ids[2]) {
		t.Error("the third is let pass")
	}
	f.End(uuid.New()) // somebody else's
	f.End(ids[0])
	f.End(ids[0])
	if h.flights.Load() != 1 || !f.Begin(h, ids[2]) {
		t.Errorf("%d in flight after one ended", h.flights.Load())
	}
	if err := f.ask(t.Context(), 0); err != nil || len(<-asked) != 2 || h.flights.Load() != 2 {
		t.Errorf("those that fly are no longer counted: %d (%v)", h.flights.Load(), err)
	}
	gone.Store(true)
	if err := f.ask(t.Context(), time.Hour); err != nil || h.flights.Load() != 2 {
		t.Error("young ones are asked about")
	}
	if err := f.ask(t.Context(), 0); err != nil || h.flights.Load() != 0 || len(f.flying) != 0 {
		t.Errorf("%d in flight, and all have ended", h.flights.Load())
	}
	free := &Holder{usage: &usage{}}
	if !f.Begin(free, uuid.New()) || len(f.flying) != 0 {
		t.Error("without a limit nothing is counted")
	}
}

func BenchmarkByToken(b *testing.B) {
	m := &memory{uses: make(chan access.Use, 100)}
	k := New(Config{Store: m, Defaults: access.Limits{RequestsPerSecond: 1_000_000}, Told: always, Logger: slog.New(slog.DiscardHandler)})
	var token string
	for range 1000 {
		_, token = m.add()
	}
	if err := k.Load(b.Context()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		h, ok := k.ByToken(token)
		if !ok {
			b.Fatal("not found")
		}
		h.Take(time.Now())
	}
}
