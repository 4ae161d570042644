package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"peneira/internal/access"
	"peneira/internal/execution"
)

// Cancel ends an execution that has not ended yet: one that waits never runs, and the run of one that runs is stopped by
// its worker, which is told at once. It returns a failure of kind NotFound when there is no such execution, and of kind
// Conflict when it has ended. Its job stays in the queue and finds nothing to do.
func (s *Executions) Cancel(ctx context.Context, id uuid.UUID) error {
	err := inTx(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := s.q.CancelExecution(ctx, tx, id); err != nil {
			return fmt.Errorf("cancel execution: %w", err)
		}
		return audit(ctx, tx, access.ExecutionCancelled, id.String())
	})
	if !isNoRows(err) {
		return err
	}
	status, err := s.Status(ctx, id)
	if err != nil {
		return err
	}
	return execution.Ended(id, status)
}
