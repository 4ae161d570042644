package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"peneira/internal/postgres/internal/queries"
)

// Payloads removes payloads that are past the retention of their script.
type Payloads struct {
	pool *pgxpool.Pool
	q    *queries.Queries
}

// NewPayloads returns the payloads in the database behind pool.
func NewPayloads(pool *pgxpool.Pool) *Payloads {
	return &Payloads{pool: pool, q: queries.New()}
}

// removeBatch is how many executions one transaction goes by. It is short enough to harm nobody, and what it frees can be
// used again before the next months need the room.
const removeBatch = 500

// RemoveDue removes the payloads whose time has come, in small transactions, and returns how many there were. What is left
// when ctx ends is for the next call. It is safe to call from several processes.
func (s *Payloads) RemoveDue(ctx context.Context) (int, error) {
	scripts, err := s.q.ListPayloadRetentions(ctx, s.pool)
	if err != nil {
		return 0, translate(fmt.Errorf("list retentions: %w", err))
	}
	removed := 0
	for _, one := range scripts {
		n, err := s.sweep(ctx, one)
		removed += n
		if err != nil {
			return removed, translate(fmt.Errorf("remove payloads: %w", err))
		}
	}
	return removed, nil
}

// sweep goes by the executions of one script, in their order.
func (s *Payloads) sweep(ctx context.Context, of queries.ListPayloadRetentionsRow) (removed int, err error) {
	after, doneTo := of.DoneTo, of.DoneTo
	if of.LookBack {
		back, err := s.q.LookBack(ctx, s.pool, of.KeepS)
		if err != nil {
			return 0, err
		}
		if lessUUID(back, after) {
			after, doneTo = back, back
		}
	}
	waiting := false // an execution has been met that is not to be emptied yet
	for {
		batch, err := s.removeBatch(ctx, of, after)
		if err != nil {
			return removed, err
		}
		removed += int(batch.Removed)
		if !waiting {
			doneTo = batch.DoneTo
			waiting = batch.DoneTo != batch.Last
		}
		after = batch.Last
		if batch.Met == 0 {
			break
		}
		if err := s.save(ctx, of, doneTo, false); err != nil {
			return removed, err
		}
	}
	return removed, s.save(ctx, of, doneTo, of.LookBack)
}

func (s *Payloads) removeBatch(ctx context.Context, of queries.ListPayloadRetentionsRow, after uuid.UUID) (queries.RemoveInputsRow, error) {
	ctx, cancel := context.WithTimeout(ctx, flushTime)
	defer cancel()
	params := queries.RemoveInputsParams{ScriptID: of.ScriptID, KeepS: of.KeepS, After: after, Most: removeBatch}
	if of.Payload == "output" {
		row, err := s.q.RemoveOutputs(ctx, s.pool, queries.RemoveOutputsParams(params))
		return queries.RemoveInputsRow(row), err
	}
	return s.q.RemoveInputs(ctx, s.pool, params)
}

func (s *Payloads) save(ctx context.Context, of queries.ListPayloadRetentionsRow, doneTo uuid.UUID, lookedBack bool) error {
	return s.q.SavePayloadSweep(ctx, s.pool, queries.SavePayloadSweepParams{
		ScriptID: of.ScriptID, Payload: of.Payload, DoneTo: doneTo, KeepS: of.KeepS, LookedBack: lookedBack,
	})
}

// lessUUID orders UUIDs as PostgreSQL does.
func lessUUID(a, b uuid.UUID) bool { return string(a[:]) < string(b[:]) }
