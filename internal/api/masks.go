package api

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"peneira/internal/execution"
	"peneira/internal/redact"
)

// masks hides in payloads what their scripts redact. It serves one answer, so that each version's paths are read once.
type masks struct {
	scripts Scripts
	known   map[maskKey]redact.Paths
}

type maskKey struct {
	script  uuid.UUID
	version int
}

func (s *server) newMasks() masks {
	return masks{scripts: s.Scripts, known: map[maskKey]redact.Paths{}}
}

// mask returns the execution with its payloads masked. It never returns them unmasked for an error.
func (m masks) mask(ctx context.Context, one execution.Execution) (execution.Execution, error) {
	if one.Input == nil && one.Output == nil {
		return one, nil
	}
	key := maskKey{one.ScriptID, one.ScriptVersion}
	paths, ok := m.known[key]
	if !ok {
		texts, err := m.scripts.Redactions(ctx, one.ScriptID, one.ScriptVersion)
		if err != nil {
			return execution.Execution{}, err
		}
		if paths, err = redact.Stored(texts); err != nil {
			return execution.Execution{}, fmt.Errorf("read what script %s redacts: %w", one.ScriptID, err)
		}
		m.known[key] = paths
	}
	one.Input, one.Output = paths.Payload(one.Input), paths.Payload(one.Output)
	return one, nil
}
