package postgres

import (
	"context"
	"fmt"
	"time"

	"peneira/internal/postgres/internal/queries"
)

// strays is how many executions outside of the months one statement removes.
const strays = 1000

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

// DropPartitions removes the executions of all months that ended before a moment, by dropping their partitions; it returns
// how many of those it dropped. A month in which an execution has not ended stays until it has. It returns a failure of kind
// Unavailable when another transaction, such as a dump of the database, keeps it from doing so for the moment.
func (s *Executions) DropPartitions(ctx context.Context, before time.Time) (int, error) {
	dropped, err := s.q.DropExecutionPartitions(ctx, s.pool, before)
	if err != nil {
		return 0, translate(fmt.Errorf("drop partitions: %w", err))
	}
	for {
		n, err := s.q.DropStrays(ctx, s.pool, queries.DropStraysParams{Before: before, Most: strays})
		if err != nil {
			return int(dropped), translate(fmt.Errorf("remove executions outside of the months: %w", err))
		}
		if n < strays {
			return int(dropped), nil
		}
	}
}
