package postgres

import (
	"context"

	"github.com/google/uuid"

	"peneira/internal/execution"
)

// OfItsMonth returns a statement that changes executions as it is run for one with the given id.
func OfItsMonth(statement string, id uuid.UUID) string { return ofMonth(statement, monthOf(id)) }

// FinishTogether writes outcomes in one group, for tests, and returns what came of each.
func (s *Executions) FinishTogether(ctx context.Context, runs []execution.Run, outcomes []execution.Outcome) ([]error, error) {
	items := make([]finishing, len(runs))
	for i := range runs {
		items[i] = finishing{run: runs[i], outcome: outcomes[i]}
		if err := items[i].prepare(); err != nil {
			return nil, err
		}
	}
	results, err := s.finishAll(ctx, items)
	errs := make([]error, len(results))
	for i, result := range results {
		errs[i] = result.Err
	}
	return errs, err
}
