package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver"

	"peneira/internal/postgres/internal/queries"
)

// Takes takes jobs from the queue without looking through all that was ever in it.
type Takes struct {
	pool *pgxpool.Pool
	q    *queries.Queries
}

// NewTakes returns the takes from the queue in the database behind pool.
func NewTakes(pool *pgxpool.Pool) *Takes { return &Takes{pool: pool, q: queries.New()} }

// Now is the database's time.
func (s *Takes) Now(ctx context.Context) (time.Time, error) {
	now, err := s.q.Now(ctx, s.pool)
	if err != nil {
		return time.Time{}, translate(fmt.Errorf("ask for the time: %w", err))
	}
	return now, nil
}

// TakeSince takes jobs as River's JobGetAvailable does with the same parameters, but only of those with the usual priority that
// became due at a moment or later. It returns their ids.
func (s *Takes) TakeSince(ctx context.Context, since time.Time, params *riverdriver.JobGetAvailableParams) ([]int64, error) {
	ids, err := s.q.TakeJobs(ctx, s.pool, queries.TakeJobsParams{
		Queue: params.Queue, Kinds: params.Kind, Since: since, Most: int32Of(params.MaxToLock),
		ProcessID: params.ClientID, MaxAttemptedBy: int32Of(params.MaxAttemptedBy),
	})
	if err != nil {
		return nil, translate(fmt.Errorf("take jobs: %w", err))
	}
	return ids, nil
}
