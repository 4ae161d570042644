package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"peneira/internal/execution"
)

// Cancel ends an execution that has not ended yet: one that waits never runs, and the run of one that runs is stopped by
// its worker, which is told at once. It returns a failure of kind NotFound when there is no such execution, and of kind
// Conflict when it has ended. Its job stays in the queue and finds nothing to do.
func (s *Executions) Cancel(ctx context.Context, id uuid.UUID) error {
	_, err := s.q.CancelExecution(ctx, s.pool, id)
	if err == nil {
		return nil
	}
	if !isNoRows(err) {
		return translate(fmt.Errorf("cancel execution: %w", err))
	}
	status, err := s.Status(ctx, id)
	if err != nil {
		return err
	}
	return execution.Ended(id, status)
}
