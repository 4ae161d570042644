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

// State returns a job's state in River's words, the JSON it recorded as its output (null when none), and its last error.
// It returns a failure of kind NotFound when there is no such job.
func (s *Jobs) State(ctx context.Context, id int64) (state string, output []byte, lastError string, err error) {
	row, err := s.q.JobState(ctx, s.pool, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil, "", failure.New(failure.NotFound, "job-not-found", "There is no job %d.", id)
	}
	if err != nil {
		return "", nil, "", translate(fmt.Errorf("read job: %w", err))
	}
	return row.State, row.Output, row.LastError, nil
}
