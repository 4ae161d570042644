package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"peneira/internal/postgres/internal/queries"
)

// Ended says which of some executions have ended or are not there.
func (s *Executions) Ended(ctx context.Context, ids []uuid.UUID) ([]uuid.UUID, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	lowest, highest := bounds(ids)
	ended, err := queries.New().EndedExecutions(ctx, s.pool, queries.EndedExecutionsParams{Ids: ids, Lowest: lowest, Highest: highest})
	if err != nil {
		return nil, translate(fmt.Errorf("ask which executions have ended: %w", err))
	}
	return ended, nil
}
