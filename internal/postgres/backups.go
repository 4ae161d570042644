package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"peneira/internal/postgres/internal/queries"
)

// Backups remembers what became of backups.
type Backups struct {
	pool *pgxpool.Pool
	q    *queries.Queries
}

// NewBackups returns the memory of backups in the database behind pool.
func NewBackups(pool *pgxpool.Pool) *Backups {
	return &Backups{pool: pool, q: queries.New()}
}

// Begin notes that a backup has begun and returns its number.
func (s *Backups) Begin(ctx context.Context, action string) (int64, error) {
	id, err := s.q.BeginBackup(ctx, s.pool, action)
	if err != nil {
		return 0, translate(fmt.Errorf("note a backup: %w", err))
	}
	return id, nil
}

// End notes how a backup ended: where it is and how many bytes it has, or why there is none.
func (s *Backups) End(ctx context.Context, id int64, path string, bytes int64, failed error) error {
	params := queries.EndBackupParams{ID: id, Path: path, Bytes: bytes}
	if failed != nil {
		params.Error = failed.Error()
	}
	if err := s.q.EndBackup(ctx, s.pool, params); err != nil {
		return translate(fmt.Errorf("note the end of a backup: %w", err))
	}
	return nil
}

// LastTried tells when the last backup of the database began, well or not; before the first one, when the database was made.
func (s *Backups) LastTried(ctx context.Context) (time.Time, error) {
	at, err := s.q.LastBackupTried(ctx, s.pool)
	if err != nil {
		return time.Time{}, translate(fmt.Errorf("look for the last backup: %w", err))
	}
	return at, nil
}
