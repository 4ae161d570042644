package jobs

import (
	"context"
	"sync"

	"github.com/google/uuid"

	"peneira/internal/sandbox"
)

// sources keeps the programs that ran lately. Versions are immutable, so an entry never grows stale.
type sources struct {
	versions Versions

	mu      sync.Mutex
	entries map[sourceKey]sandbox.Program
	bytes   int
}

type sourceKey struct {
	script uuid.UUID
	number int
}

// maxSourceBytes bounds what is kept: sixty-four scripts of the largest size, thousands of common ones.
const maxSourceBytes = 64 << 20

func newSources(versions Versions) *sources {
	return &sources{versions: versions, entries: map[sourceKey]sandbox.Program{}}
}

// program returns the program of a version. It returns a failure of kind NotFound when there is none.
func (s *sources) program(ctx context.Context, script uuid.UUID, number int) (sandbox.Program, error) {
	key := sourceKey{script, number}
	s.mu.Lock()
	program, ok := s.entries[key]
	s.mu.Unlock()
	if ok {
		return program, nil
	}
	version, err := s.versions.Version(ctx, script, number)
	if err != nil {
		return sandbox.Program{}, err
	}
	program = sandbox.Program{Key: version.SHA256, Source: version.Content}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bytes+len(program.Source) > maxSourceBytes {
		// Starting over is simpler than evicting and costs one query per script in use.
		clear(s.entries)
		s.bytes = 0
	}
	if _, ok := s.entries[key]; !ok {
		s.entries[key] = program
		s.bytes += len(program.Source)
	}
	return program, nil
}
