// Package keyring holds the usable keys in memory, so that checking one costs no query, and what each has used up.
//
// Every process holds all keys. It is told when they change, so that a revoked one is of no use in any process a moment
// later; while it cannot be told, it reads them again every two seconds.
package keyring

import (
	"context"
	"crypto/subtle"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"peneira/internal/access"
)

// Store keeps the keys.
type Store interface {
	// Usable returns the keys that are not revoked, and whether a key was ever made.
	Usable(ctx context.Context) (keys []access.Stored, ever bool, err error)
	// NoteUse notes that a key was used.
	NoteUse(ctx context.Context, use access.Use) error
}

// Config is what a keyring needs.
type Config struct {
	Store    Store
	Defaults access.Limits // of keys that have none of their own; 0 means no limit
	// Told reports whether this process would be told of a change just now; see Changed.
	Told   func() bool
	Logger *slog.Logger
}

// Keyring is the keys of one process. It may be used at once by many.
type Keyring struct {
	cfg     Config
	keys    atomic.Pointer[keys]
	changed chan struct{}
	loading sync.Mutex // one at a time, so that an older reading never replaces a newer one
	notes   sync.WaitGroup
}

// keys is what is known at one time. It is never changed.
type keys struct {
	byHash map[access.Hash]*Holder
	byID   map[uuid.UUID]*Holder
	ever   bool
}

// Holder is one usable key and what it has used up in this process.
type Holder struct {
	Key  access.Key
	hash access.Hash
	*usage
}

// New returns a keyring. Load it before its first use.
func New(cfg Config) *Keyring {
	k := &Keyring{cfg: cfg, changed: make(chan struct{}, 1)}
	k.keys.Store(&keys{ever: true}) // lets nobody in before it is loaded
	return k
}

// Changed has the keys read again soon. It does not wait.
func (k *Keyring) Changed() {
	select {
	case k.changed <- struct{}{}:
	default: // that is asked for already
	}
}

// How often the keys are read again without being told: while nobody can tell, and otherwise in case a word was lost.
const (
	untoldInterval = 2 * time.Second
	toldInterval   = time.Minute
	loadTime       = 5 * time.Second
)

// Run keeps the keys current until ctx ends. It returns nil, after the last uses are noted.
func (k *Keyring) Run(ctx context.Context) error {
	defer k.notes.Wait()
	tick := time.NewTicker(untoldInterval)
	defer tick.Stop()
	loaded := time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-k.changed:
		case <-tick.C:
			if k.cfg.Told() && time.Since(loaded) < toldInterval {
				continue
			}
		}
		err := k.Load(ctx)
		switch {
		case err == nil:
			loaded = time.Now()
		case ctx.Err() == nil:
			// The next tick tries again. Until then what is known holds; without the database there is nothing to get either.
			loaded = time.Time{}
			k.cfg.Logger.WarnContext(ctx, "the keys could not be read again", "error", err)
		}
	}
}

// Load reads the keys. When it returns, a key that was revoked before it was called is of no use in this process.
func (k *Keyring) Load(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, loadTime)
	defer cancel()
	k.loading.Lock()
	defer k.loading.Unlock()
	stored, ever, err := k.cfg.Store.Usable(ctx)
	if err != nil {
		return err
	}
	before := k.keys.Load()
	now := &keys{
		byHash: make(map[access.Hash]*Holder, len(stored)), byID: make(map[uuid.UUID]*Holder, len(stored)), ever: ever,
	}
	for _, s := range stored {
		h := &Holder{Key: s.Key, hash: s.Hash, usage: &usage{}}
		if h.Key.Limits.RequestsPerSecond == 0 {
			h.Key.Limits.RequestsPerSecond = k.cfg.Defaults.RequestsPerSecond
		}
		if h.Key.Limits.ExecutionsInFlight == 0 {
			h.Key.Limits.ExecutionsInFlight = k.cfg.Defaults.ExecutionsInFlight
		}
		if old, ok := before.byID[s.Key.ID]; ok {
			h.usage = old.usage
		}
		now.byHash[s.Hash], now.byID[s.Key.ID] = h, h
	}
	k.keys.Store(now)
	return nil
}

// Required reports whether a key is needed: whether one was ever made. When the last one expires or is revoked, nobody gets
// in; that must not open the doors.
func (k *Keyring) Required() bool { return k.keys.Load().ever }

// Size is how many usable keys there are.
func (k *Keyring) Size() int { return len(k.keys.Load().byID) }

// ByToken returns the holder of a secret, or false when no usable key has it.
//
// It is looked for by its hash, so that how long that takes tells nothing about the secrets of others; the comparison of
// the hash found is in constant time besides.
func (k *Keyring) ByToken(token string) (*Holder, bool) {
	if !access.WellFormed(token) {
		return nil, false
	}
	hash := access.HashOf(token)
	h, ok := k.keys.Load().byHash[hash]
	if !ok || subtle.ConstantTimeCompare(h.hash[:], hash[:]) != 1 || !h.Key.Alive(time.Now()) {
		return nil, false
	}
	return h, true
}

// ByID returns the holder of the key with an id, or false when there is no such usable key.
func (k *Keyring) ByID(id uuid.UUID) (*Holder, bool) {
	h, ok := k.keys.Load().byID[id]
	if !ok || !h.Key.Alive(time.Now()) {
		return nil, false
	}
	return h, true
}

// noteEvery is how exactly the last use of a key is known.
const noteEvery = time.Second

// Note notes that a key is used now. It waits for nothing: what there is to write is written behind it, with others.
func (k *Keyring) Note(h *Holder) {
	now := time.Now()
	last := h.noted.Load()
	if now.UnixNano()-last < int64(noteEvery) || !h.noted.CompareAndSwap(last, now.UnixNano()) {
		return
	}
	k.notes.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), loadTime)
		defer cancel()
		err := k.cfg.Store.NoteUse(ctx, access.Use{KeyID: h.Key.ID, At: now})
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			k.cfg.Logger.DebugContext(ctx, "the last use of a key was not noted", "error", err)
		}
	})
}
