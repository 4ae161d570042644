package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"peneira/internal/access"
	"peneira/internal/postgres/internal/queries"
)

// Sessions keeps who is signed in with a browser.
type Sessions struct {
	pool *pgxpool.Pool
	q    *queries.Queries
}

// NewSessions returns the sessions in the database behind pool.
func NewSessions(pool *pgxpool.Pool) *Sessions {
	return &Sessions{pool: pool, q: queries.New()}
}

// Begin signs a key in for some time. It returns the secret that the browser is to hold.
func (s *Sessions) Begin(ctx context.Context, keyID uuid.UUID, expires time.Time) (token string, err error) {
	token = access.NewToken("")
	hash := access.HashOf(token)
	err = inTx(ctx, s.pool, func(tx pgx.Tx) error {
		if err := s.q.InsertSession(ctx, tx, queries.InsertSessionParams{TokenHash: hash[:], KeyID: keyID, ExpiresAt: expires}); err != nil {
			return fmt.Errorf("insert session: %w", err)
		}
		return audit(ctx, tx, access.SignedIn, keyID.String())
	})
	return token, err
}

// Find returns the key that a session is of. It returns a failure of kind Unauthorized when there is no such session, or it
// is over.
func (s *Sessions) Find(ctx context.Context, token string) (uuid.UUID, error) {
	hash := access.HashOf(token)
	id, err := s.q.GetSession(ctx, s.pool, hash[:])
	if isNoRows(err) {
		return uuid.Nil, access.NotSignedIn()
	}
	if err != nil {
		return uuid.Nil, translate(fmt.Errorf("read session: %w", err))
	}
	return id, nil
}

// End signs out.
func (s *Sessions) End(ctx context.Context, token string) error {
	hash := access.HashOf(token)
	return inTx(ctx, s.pool, func(tx pgx.Tx) error {
		if err := s.q.DeleteSession(ctx, tx, hash[:]); err != nil {
			return fmt.Errorf("delete session: %w", err)
		}
		return audit(ctx, tx, access.SignedOut, access.From(ctx).Key.ID.String())
	})
}

// DropDead forgets the sessions that are over and returns how many there were.
func (s *Sessions) DropDead(ctx context.Context) (int, error) {
	n, err := s.q.DropDeadSessions(ctx, s.pool)
	if err != nil {
		return 0, translate(fmt.Errorf("drop dead sessions: %w", err))
	}
	return int(n), nil
}
