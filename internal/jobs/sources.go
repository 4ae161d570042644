package jobs

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"

	"peneira/internal/redact"
	"peneira/internal/sandbox"
	"peneira/internal/script"
)

// source is what a version says about its runs.
type source struct {
	program sandbox.Program
	limits  sandbox.Limits
	redact  redact.Paths
	took    *atomic.Int64 // nanoseconds that its last run took; 0: not known
}

// sources keeps the versions that ran lately. Versions are immutable, so an entry never grows stale.
type sources struct {
	versions Versions

	mu      sync.Mutex
	entries map[sourceKey]source
	latest  map[uuid.UUID]int // which version of a script was the current one when last heard of; only of versions in entries
	bytes   int
}

type sourceKey struct {
	script uuid.UUID
	number int
}

// maxSourceBytes bounds what is kept: sixty-four scripts of the largest size, thousands of common ones.
const maxSourceBytes = 64 << 20

func newSources(versions Versions) *sources {
	return &sources{versions: versions, entries: map[sourceKey]source{}, latest: map[uuid.UUID]int{}}
}

// source returns the source of a version. It returns a failure of kind NotFound when there is none.
func (s *sources) source(ctx context.Context, id uuid.UUID, number int) (source, error) {
	found, ok := s.cached(id, number)
	if ok {
		return found, nil
	}
	version, err := s.versions.Version(ctx, id, number)
	if err != nil {
		return source{}, err
	}
	if found, err = sourceOf(version); err != nil {
		return source{}, err
	}
	key := sourceKey{id, number}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bytes+len(found.program.Source) > maxSourceBytes {
		// Starting over is simpler than evicting and costs one query per script in use.
		clear(s.entries)
		clear(s.latest)
		s.bytes = 0
	}
	if there, ok := s.entries[key]; ok {
		return there, nil
	}
	s.entries[key] = found
	s.bytes += len(found.program.Source)
	return found, nil
}

// noteCurrent notes which version of a script is the current one.
func (s *sources) noteCurrent(id uuid.UUID, number int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.entries[sourceKey{id, number}]; ok {
		s.latest[id] = number
	} else {
		delete(s.latest, id)
	}
}

// current returns which version of a script was the current one when last heard of; 0: never. There may be a newer one.
func (s *sources) current(id uuid.UUID) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.latest[id]
}

// cached returns the source of a version that ran lately.
func (s *sources) cached(id uuid.UUID, number int) (source, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.entries[sourceKey{id, number}]
	return found, ok
}

func sourceOf(version script.Version) (source, error) {
	paths, err := redact.Stored(version.Redact)
	if err != nil {
		return source{}, fmt.Errorf("read what version %d of script %s redacts: %w", version.Number, version.ScriptID, err)
	}
	l := version.Limits
	return source{
		program: sandbox.Program{Key: version.SHA256, Source: version.Content},
		limits:  sandbox.Limits{Time: l.Time, MemoryBytes: l.MemoryBytes, OutputBytes: l.OutputBytes, LogBytes: l.LogBytes},
		redact:  paths,
		took:    new(atomic.Int64),
	}, nil
}
