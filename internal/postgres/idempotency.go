package postgres

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"peneira/internal/execution"
	"peneira/internal/failure"
	"peneira/internal/postgres/internal/queries"
)

// Keys remembers for a day what was asked for under an idempotency key.
type Keys struct {
	pool *pgxpool.Pool
	q    *queries.Queries
}

// NewKeys returns the idempotency keys in the database behind pool.
func NewKeys(pool *pgxpool.Pool) *Keys {
	return &Keys{pool: pool, q: queries.New()}
}

// Claim claims a key of an operation for a request with the given body, which is to make subject. It returns the subject
// of the first such request, and when it was claimed for this one: then it is for us to make the subject, unless it is
// there already. The time is zero when the claim is another's. It returns a failure of kind Invalid when the key was used
// for another body.
func (s *Keys) Claim(
	ctx context.Context, operation, key string, body []byte, subject uuid.UUID,
) (first uuid.UUID, claimed time.Time, err error) {
	request := sha256.Sum256(body)
	row, err := s.q.ClaimKey(ctx, s.pool, queries.ClaimKeyParams{
		KeyHash: keyHash(operation, key), RequestHash: request[:], SubjectID: subject,
	})
	if err == nil {
		return row.SubjectID, row.ClaimedAt, nil
	}
	if !isNoRows(err) {
		return uuid.Nil, time.Time{}, translate(fmt.Errorf("claim key: %w", err))
	}
	found, err := s.q.GetKey(ctx, s.pool, keyHash(operation, key))
	if isNoRows(err) {
		return uuid.Nil, time.Time{}, execution.InProgress() // released this moment
	}
	if err != nil {
		return uuid.Nil, time.Time{}, translate(fmt.Errorf("read key: %w", err))
	}
	if !bytes.Equal(found.RequestHash, request[:]) {
		return uuid.Nil, time.Time{}, failure.New(failure.Invalid, "idempotency-key-reused",
			"This Idempotency-Key was used for another request within the last 24 hours. Use a new key for a new request.")
	}
	return found.SubjectID, time.Time{}, nil
}

// Release gives a key free after its request was refused, so that it may be sent again, or changed. It does nothing when
// the key was claimed again since.
func (s *Keys) Release(ctx context.Context, operation, key string, claimed time.Time) error {
	err := s.q.ReleaseKey(ctx, s.pool, queries.ReleaseKeyParams{KeyHash: keyHash(operation, key), ClaimedAt: claimed})
	if err != nil {
		return translate(fmt.Errorf("release key: %w", err))
	}
	return nil
}

// Yield gives the claim up after a fault of ours: the next who sends the request carries it out, if it was not carried out
// after all. It does nothing when the key was claimed again since.
func (s *Keys) Yield(ctx context.Context, operation, key string, claimed time.Time) error {
	err := s.q.YieldKey(ctx, s.pool, queries.YieldKeyParams{KeyHash: keyHash(operation, key), ClaimedAt: claimed})
	if err != nil {
		return translate(fmt.Errorf("yield key: %w", err))
	}
	return nil
}

// DropOld forgets the keys that are older than a day and returns how many there were.
func (s *Keys) DropOld(ctx context.Context) (int, error) {
	n, err := s.q.DropOldKeys(ctx, s.pool)
	if err != nil {
		return 0, translate(fmt.Errorf("drop old keys: %w", err))
	}
	return int(n), nil
}

func keyHash(operation, key string) []byte {
	hash := sha256.Sum256([]byte(operation + "\x00" + key))
	return hash[:]
}
