package postgres

import (
	"context"
	"fmt"
	"time"

	"peneira/internal/postgres/internal/queries"
)

// monthsAhead is how far the partitions of executions reach past the present month. Three months leave time to notice
// that nobody makes new ones; ids past the last land in the partition for all others, so nothing is lost even then.
const monthsAhead = 3

// MakePartitions makes the partitions of executions for this month and those to come; it returns how many it made.
// It is safe to call at any time and from several processes.
func (s *Executions) MakePartitions(ctx context.Context, now time.Time) (int, error) {
	made, err := s.q.MakeExecutionPartitions(ctx, s.pool, queries.MakeExecutionPartitionsParams{
		First: now, MonthsAhead: monthsAhead,
	})
	if err != nil {
		return 0, translate(fmt.Errorf("make partitions: %w", err))
	}
	return int(made), nil
}
