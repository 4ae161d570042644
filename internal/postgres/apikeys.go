package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"peneira/internal/access"
	"peneira/internal/batch"
	"peneira/internal/postgres/internal/queries"
)

// APIKeys keeps the keys of those who may use the service. Only their hashes are kept.
type APIKeys struct {
	pool *pgxpool.Pool
	q    *queries.Queries
	uses *batch.Group[access.Use, struct{}]
}

// NewAPIKeys returns the keys in the database behind pool.
func NewAPIKeys(pool *pgxpool.Pool) *APIKeys {
	s := &APIKeys{pool: pool, q: queries.New()}
	s.uses = batch.New(batch.Config[access.Use, struct{}]{Flush: s.noteUses, Flushers: 1, MaxItems: 1000})
	return s
}

// Create makes a key of a valid draft. The token is the secret itself, and is to be had only now. It returns a failure of
// kind NotFound when a key was made under the draft's id before.
func (s *APIKeys) Create(ctx context.Context, draft access.Draft) (key access.Key, token string, err error) {
	id, err := idOrNew(draft.ID)
	if err != nil {
		return access.Key{}, "", err
	}
	token = access.NewToken(access.TokenPrefix)
	key = access.Key{
		ID: id, Name: draft.Name, Hint: access.HintOf(token), Scopes: draft.Scopes, Limits: draft.Limits, ExpiresAt: draft.ExpiresAt,
	}
	hash := access.HashOf(token)
	err = inTx(ctx, s.pool, func(tx pgx.Tx) error {
		key.CreatedAt, err = s.q.InsertAPIKey(ctx, tx, queries.InsertAPIKeyParams{
			ID: id, Name: key.Name, Hint: key.Hint, Hash: hash[:], Scopes: textsOf(key.Scopes),
			RequestsPerSecond: int32Of(key.Limits.RequestsPerSecond), ExecutionsInFlight: int32Of(key.Limits.ExecutionsInFlight),
			ExpiresAt: key.ExpiresAt,
		})
		if err != nil {
			return fmt.Errorf("insert key: %w", err)
		}
		return audit(ctx, tx, access.KeyMade, id.String())
	})
	return key, token, err
}

// List returns all keys, revoked ones too, newest first.
func (s *APIKeys) List(ctx context.Context) ([]access.Key, error) {
	rows, err := s.q.ListAPIKeys(ctx, s.pool)
	if err != nil {
		return nil, translate(fmt.Errorf("list keys: %w", err))
	}
	keys := make([]access.Key, len(rows))
	for i, row := range rows {
		keys[i] = keyOf(queries.GetAPIKeyRow(row))
	}
	return keys, nil
}

// Get returns a key, revoked or not. It returns a failure of kind NotFound when there is none.
func (s *APIKeys) Get(ctx context.Context, id uuid.UUID) (access.Key, error) {
	row, err := s.q.GetAPIKey(ctx, s.pool, id)
	if isNoRows(err) {
		return access.Key{}, access.NotFound(id)
	}
	if err != nil {
		return access.Key{}, translate(fmt.Errorf("read key: %w", err))
	}
	return keyOf(row), nil
}

// Revoke ends a key for good, in all processes. Revoking it again changes nothing.
// It returns a failure of kind NotFound when there is none.
func (s *APIKeys) Revoke(ctx context.Context, id uuid.UUID) error {
	return inTx(ctx, s.pool, func(tx pgx.Tx) error {
		now, err := s.q.RevokeAPIKey(ctx, tx, id)
		switch {
		case isNoRows(err):
			return access.NotFound(id)
		case err != nil:
			return fmt.Errorf("revoke key: %w", err)
		case !now:
			return nil
		}
		return audit(ctx, tx, access.KeyRevoked, id.String())
	})
}

// Usable returns the keys that are not revoked, and whether a key was ever made.
func (s *APIKeys) Usable(ctx context.Context) (keys []access.Stored, ever bool, err error) {
	rows, err := s.q.UsableAPIKeys(ctx, s.pool)
	if err != nil {
		return nil, false, translate(fmt.Errorf("read keys: %w", err))
	}
	keys = make([]access.Stored, len(rows))
	for i, row := range rows {
		keys[i] = access.Stored{Hash: access.Hash(row.Hash), Key: access.Key{
			ID: row.ID, Name: row.Name, Hint: row.Hint, Scopes: scopesOf(row.Scopes), CreatedAt: row.CreatedAt, ExpiresAt: row.ExpiresAt,
			Limits: access.Limits{RequestsPerSecond: int(row.RequestsPerSecond), ExecutionsInFlight: int(row.ExecutionsInFlight)},
		}}
	}
	if len(keys) > 0 {
		return keys, true, nil
	}
	ever, err = s.q.AnyAPIKey(ctx, s.pool)
	if err != nil {
		return nil, false, translate(fmt.Errorf("look for keys: %w", err))
	}
	return nil, ever, nil
}

// NoteUse notes that a key was used. Notes that come at the same time are written together.
func (s *APIKeys) NoteUse(ctx context.Context, use access.Use) error {
	_, err := s.uses.Do(ctx, use)
	return err
}

func (s *APIKeys) noteUses(ctx context.Context, uses []access.Use) ([]batch.Result[struct{}], error) {
	ctx, cancel := context.WithTimeout(ctx, flushTime)
	defer cancel()
	// A key stands once in a statement: of two rows that match one, PostgreSQL takes either.
	latest := make(map[uuid.UUID]time.Time, len(uses))
	for _, use := range uses {
		if use.At.After(latest[use.KeyID]) {
			latest[use.KeyID] = use.At
		}
	}
	var params queries.NoteAPIKeyUseParams
	for id, at := range latest {
		params.Ids, params.Ats = append(params.Ids, id), append(params.Ats, at)
	}
	if err := s.q.NoteAPIKeyUse(ctx, s.pool, params); err != nil {
		return nil, translate(fmt.Errorf("note the use of keys: %w", err))
	}
	return make([]batch.Result[struct{}], len(uses)), nil
}

func keyOf(row queries.GetAPIKeyRow) access.Key {
	return access.Key{
		ID: row.ID, Name: row.Name, Hint: row.Hint, Scopes: scopesOf(row.Scopes), CreatedAt: row.CreatedAt,
		ExpiresAt: row.ExpiresAt, LastUsed: row.LastUsedAt, RevokedAt: row.RevokedAt,
		Limits: access.Limits{RequestsPerSecond: int(row.RequestsPerSecond), ExecutionsInFlight: int(row.ExecutionsInFlight)},
	}
}

func textsOf(scopes []access.Scope) []string {
	texts := make([]string, len(scopes))
	for i, scope := range scopes {
		texts[i] = string(scope)
	}
	return texts
}

func scopesOf(texts []string) []access.Scope {
	scopes := make([]access.Scope, len(texts))
	for i, text := range texts {
		scopes[i] = access.Scope(text)
	}
	return scopes
}
