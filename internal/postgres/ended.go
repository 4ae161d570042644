package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"peneira/internal/postgres/internal/queries"
)

// Ended says which of some executions have ended or are not there.
func (s *Executions) Ended(ctx context.Context, ids []uuid.UUID) ([]uuid.UUID, error) {
	ended, err := queries.New().EndedExecutions(ctx, s.pool, ids)
	if err != nil {
		return nil, translate(fmt.Errorf("ask which executions have ended: %w", err))
	}
	return ended, nil
}
