package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"peneira/internal/failure"
	"peneira/internal/postgres/internal/queries"
)

// Jobs reads where jobs of the queue stand.
type Jobs struct {
	pool *pgxpool.Pool
	q    *queries.Queries
}

// NewJobs returns the jobs in the database behind pool.
func NewJobs(pool *pgxpool.Pool) *Jobs {
	return &Jobs{pool: pool, q: queries.New()}
}

// State returns the state, in River's words, of the backup with a ticket, the JSON it recorded as its output (null when none),
// and its last error. It returns a failure of kind Unavailable when somebody has removed it from the queue.
func (s *Jobs) State(ctx context.Context, ticket string) (state string, output []byte, lastError string, err error) {
	row, err := s.q.TicketState(ctx, s.pool, ticket)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil, "", failure.New(failure.Unavailable, "backup-removed", "Somebody has removed the backup from the queue.")
	}
	if err != nil {
		return "", nil, "", translate(fmt.Errorf("read job: %w", err))
	}
	return row.State, row.Output, row.LastError, nil
}
