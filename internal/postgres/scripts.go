package postgres

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"peneira/internal/access"
	"peneira/internal/postgres/internal/queries"
	"peneira/internal/script"
)

// Scripts keeps hosted scripts and their versions.
type Scripts struct {
	pool *pgxpool.Pool
	q    *queries.Queries
}

// NewScripts returns the scripts in the database behind pool.
func NewScripts(pool *pgxpool.Pool) *Scripts {
	return &Scripts{pool: pool, q: queries.New()}
}

// Create hosts a valid draft as version 1 of a new script.
func (s *Scripts) Create(ctx context.Context, draft script.Draft) (script.Script, error) {
	id, err := idOrNew(draft.ID)
	if err != nil {
		return script.Script{}, err
	}
	created := scriptFrom(id, draft)
	created.Version = 1
	err = inTx(ctx, s.pool, func(tx pgx.Tx) error {
		created.CreatedAt, err = s.q.InsertScript(ctx, tx, queries.InsertScriptParams{
			ID: id, Name: draft.Name, Description: draft.Description,
			InputRetentionS: seconds(draft.Retention.Input), OutputRetentionS: seconds(draft.Retention.Output),
		})
		if isDuplicate(err) {
			return script.NotFound(id) // it was hosted under this id before, and deleted since
		}
		if err != nil {
			return fmt.Errorf("insert script: %w", err)
		}
		created.UpdatedAt = created.CreatedAt
		if err := s.insertVersion(ctx, tx, created); err != nil {
			return err
		}
		return audit(ctx, tx, access.ScriptHosted, id.String())
	})
	return created, err
}

// Replace hosts a valid draft as the next version of a script.
// It returns a failure of kind NotFound when there is no such script.
func (s *Scripts) Replace(ctx context.Context, id uuid.UUID, draft script.Draft) (script.Script, error) {
	replaced := scriptFrom(id, draft)
	err := inTx(ctx, s.pool, func(tx pgx.Tx) error {
		row, err := s.q.NextScriptVersion(ctx, tx, queries.NextScriptVersionParams{
			ID: id, Name: draft.Name, Description: draft.Description,
			InputRetentionS: seconds(draft.Retention.Input), OutputRetentionS: seconds(draft.Retention.Output),
		})
		if errors.Is(err, pgx.ErrNoRows) {
			return script.NotFound(id)
		}
		if err != nil {
			return fmt.Errorf("count up the version: %w", err)
		}
		replaced.Version = int(row.CurrentVersion)
		replaced.CreatedAt, replaced.UpdatedAt = row.CreatedAt, row.UpdatedAt
		if err := s.insertVersion(ctx, tx, replaced); err != nil {
			return err
		}
		return audit(ctx, tx, access.ScriptChanged, id.String())
	})
	return replaced, err
}

// insertVersion writes the current version of a script whose row is written already.
func (s *Scripts) insertVersion(ctx context.Context, tx pgx.Tx, of script.Script) error {
	_, err := s.q.InsertScriptVersion(ctx, tx, queries.InsertScriptVersionParams{
		ScriptID: of.ID, Number: int32Of(of.Version), Content: of.Content, SHA256: of.SHA256[:], ChangeNote: of.ChangeNote,
		TimeLimitMs: numberOrNull(of.Limits.Time.Milliseconds()), MemoryLimitBytes: numberOrNull(of.Limits.MemoryBytes),
		OutputLimitBytes: numberOrNull(of.Limits.OutputBytes), LogLimitBytes: numberOrNull(of.Limits.LogBytes), Redact: of.Redact,
	})
	if err != nil {
		return fmt.Errorf("insert version: %w", err)
	}
	return nil
}

// Get returns a script with its current version.
// It returns a failure of kind NotFound when there is none, or it was deleted.
func (s *Scripts) Get(ctx context.Context, id uuid.UUID) (script.Script, error) {
	row, err := s.q.GetScript(ctx, s.pool, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return script.Script{}, script.NotFound(id)
	}
	if err != nil {
		return script.Script{}, translate(fmt.Errorf("read script: %w", err))
	}
	return scriptOf(row), nil
}

// List returns one page (from 1) of scripts, newest first and without their contents, and how many there are in all.
func (s *Scripts) List(ctx context.Context, page, size int) ([]script.Script, int, error) {
	total, err := s.q.CountScripts(ctx, s.pool)
	if err != nil {
		return nil, 0, translate(fmt.Errorf("count scripts: %w", err))
	}
	skip := int64(page-1) * int64(size)
	if skip >= total {
		return nil, int(total), nil
	}
	rows, err := s.q.ListScripts(ctx, s.pool, queries.ListScriptsParams{
		PageSize: int32Of(size), Skip: skip,
	})
	if err != nil {
		return nil, 0, translate(fmt.Errorf("list scripts: %w", err))
	}
	list := make([]script.Script, len(rows))
	for i, row := range rows {
		list[i] = scriptOf(queries.GetScriptRow(row))
	}
	return list, int(total), nil
}

// Delete hides a script for good. Its executions stay readable, and those already accepted still run.
// It returns a failure of kind NotFound when there is none, or it was deleted before.
func (s *Scripts) Delete(ctx context.Context, id uuid.UUID) error {
	return inTx(ctx, s.pool, func(tx pgx.Tx) error {
		n, err := s.q.DeleteScript(ctx, tx, id)
		switch {
		case err != nil:
			return fmt.Errorf("delete script: %w", err)
		case n == 0:
			return script.NotFound(id)
		}
		return audit(ctx, tx, access.ScriptDeleted, id.String())
	})
}

// Version returns one version of a script, also of a deleted one.
// It returns a failure of kind NotFound when there is none.
func (s *Scripts) Version(ctx context.Context, id uuid.UUID, number int) (script.Version, error) {
	row, err := s.q.GetScriptVersion(ctx, s.pool, queries.GetScriptVersionParams{ScriptID: id, Number: int32Of(number)})
	if errors.Is(err, pgx.ErrNoRows) {
		return script.Version{}, script.VersionNotFound(id, number)
	}
	if err != nil {
		return script.Version{}, translate(fmt.Errorf("read version: %w", err))
	}
	return versionOf(row), nil
}

func scriptFrom(id uuid.UUID, draft script.Draft) script.Script {
	return script.Script{
		ID: id, Name: draft.Name, Description: draft.Description, Content: draft.Content,
		SHA256: sha256.Sum256([]byte(draft.Content)), ChangeNote: draft.ChangeNote,
		Limits: draft.Limits, Redact: append([]string{}, draft.Redact...), Retention: draft.Retention,
	}
}

func scriptOf(row queries.GetScriptRow) script.Script {
	return script.Script{
		ID: row.ID, Name: row.Name, Description: row.Description, Version: int(row.CurrentVersion),
		Content: row.Content, SHA256: [sha256.Size]byte(row.SHA256), ChangeNote: row.ChangeNote,
		CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt,
		Limits: limitsOf(row.TimeLimitMs, row.MemoryLimitBytes, row.OutputLimitBytes, row.LogLimitBytes), Redact: row.Redact,
		Retention: script.Retention{Input: durationOf(row.InputRetentionS), Output: durationOf(row.OutputRetentionS)},
	}
}

// ThinMarks removes what many deletions leave of the marks that shorten the way to a page of scripts.
func (s *Scripts) ThinMarks(ctx context.Context) error {
	if _, err := s.q.ThinScriptMarks(ctx, s.pool); err != nil {
		return translate(fmt.Errorf("thin the marks between scripts: %w", err))
	}
	return nil
}
