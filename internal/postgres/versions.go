package postgres

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"peneira/internal/postgres/internal/queries"
	"peneira/internal/script"
)

// Versions returns one page (from 1) of a script's versions, newest first and without their contents, and how many there are
// in all.
// It returns a failure of kind NotFound when there is no such script, or it was deleted.
func (s *Scripts) Versions(ctx context.Context, id uuid.UUID, page, size int) ([]script.Version, int, error) {
	current, err := s.q.GetCurrentVersion(ctx, s.pool, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, 0, script.NotFound(id)
	}
	if err != nil {
		return nil, 0, translate(fmt.Errorf("read script: %w", err))
	}
	total := int(current) // they are numbered from 1 without gaps, and none is ever removed
	newest := int64(total) - int64(page-1)*int64(size)
	if newest < 1 {
		return nil, total, nil
	}
	rows, err := s.q.ListScriptVersions(ctx, s.pool, queries.ListScriptVersionsParams{
		ScriptID: id, Newest: int32Of(int(newest)), PageSize: int32Of(size),
	})
	if err != nil {
		return nil, 0, translate(fmt.Errorf("list versions: %w", err))
	}
	list := make([]script.Version, len(rows))
	for i, row := range rows {
		list[i] = versionOf(queries.ScriptVersion(row))
	}
	return list, total, nil
}

// Redactions returns the paths that a version of a script masks, and those that its current version does.
func (s *Scripts) Redactions(ctx context.Context, id uuid.UUID, number int) ([]string, error) {
	rows, err := s.q.GetRedactions(ctx, s.pool, queries.GetRedactionsParams{ScriptID: id, Number: int32Of(number)})
	if err != nil {
		return nil, translate(fmt.Errorf("read redactions: %w", err))
	}
	var paths []string
	for _, of := range rows {
		paths = append(paths, of...)
	}
	return paths, nil
}

func versionOf(row queries.ScriptVersion) script.Version {
	return script.Version{
		ScriptID: row.ScriptID, Number: int(row.Number), Content: row.Content, SHA256: [sha256.Size]byte(row.SHA256),
		ChangeNote: row.ChangeNote, CreatedAt: row.CreatedAt,
		Limits: limitsOf(row.TimeLimitMs, row.MemoryLimitBytes, row.OutputLimitBytes, row.LogLimitBytes), Redact: row.Redact,
	}
}

func limitsOf(timeMs, memory, output, logs *int64) script.Limits {
	return script.Limits{
		Time: time.Duration(numberOf(timeMs)) * time.Millisecond, MemoryBytes: numberOf(memory),
		OutputBytes: numberOf(output), LogBytes: numberOf(logs),
	}
}

// numberOf reads a number that may be NULL as 0.
func numberOf(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

// numberOrNull writes a number, of which 0 is NULL.
func numberOrNull(n int64) *int64 {
	if n == 0 {
		return nil
	}
	return &n
}

// seconds writes a duration, if there is one, in whole seconds.
func seconds(d *time.Duration) *int64 {
	if d == nil {
		return nil
	}
	s := int64(*d / time.Second)
	return &s
}

func durationOf(seconds *int64) *time.Duration {
	if seconds == nil {
		return nil
	}
	d := time.Duration(*seconds) * time.Second
	return &d
}
