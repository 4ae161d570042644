package postgres

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"

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
// of the first such request, and whether the claim is ours: then it is for us to make the subject, unless it is there
// already. It returns a failure of kind Invalid when the key was used for another body.
func (s *Keys) Claim(ctx context.Context, operation, key string, body []byte, subject uuid.UUID) (uuid.UUID, bool, error) {
	request := sha256.Sum256(body)
	row, err := s.q.ClaimKey(ctx, s.pool, queries.ClaimKeyParams{
		KeyHash: keyHash(operation, key), RequestHash: request[:], SubjectID: subject,
	})
	if err == nil {
		return row, true, nil
	}
	if !isNoRows(err) {
		return uuid.Nil, false, translate(fmt.Errorf("claim key: %w", err))
	}
	first, err := s.q.GetKey(ctx, s.pool, keyHash(operation, key))
	if isNoRows(err) {
		return uuid.Nil, false, execution.InProgress() // released this moment
	}
	if err != nil {
		return uuid.Nil, false, translate(fmt.Errorf("read key: %w", err))
	}
	if !bytes.Equal(first.RequestHash, request[:]) {
		return uuid.Nil, false, failure.New(failure.Invalid, "idempotency-key-reused",
			"This Idempotency-Key was used for another request within the last 24 hours. Use a new key for a new request.")
	}
	return first.SubjectID, false, nil
}

// Release gives a key free after its request was refused, so that it may be sent again.
func (s *Keys) Release(ctx context.Context, operation, key string, subject uuid.UUID) error {
	err := s.q.ReleaseKey(ctx, s.pool, queries.ReleaseKeyParams{KeyHash: keyHash(operation, key), SubjectID: subject})
	if err != nil {
		return translate(fmt.Errorf("release key: %w", err))
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
