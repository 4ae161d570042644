package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"peneira/internal/access"
	"peneira/internal/api/openapi"
)

// Holders keeps the keys of those who may use the service; Keys are those that make a request safe to send again.
type Holders interface {
	// Create makes a key of a valid draft and returns it with its secret.
	Create(ctx context.Context, draft access.Draft) (key access.Key, token string, err error)
	// List returns all keys, revoked ones too, newest first.
	List(ctx context.Context) ([]access.Key, error)
	// Get returns a key, or a failure of kind NotFound.
	Get(ctx context.Context, id uuid.UUID) (access.Key, error)
	// Revoke ends a key for good, or returns a failure of kind NotFound.
	Revoke(ctx context.Context, id uuid.UUID) error
}

// keyBodyBytes bounds the body that describes a key.
const keyBodyBytes = 64 << 10

// CreateKey answers POST /api/keys. The secret is in this answer and in no other.
func (s *server) CreateKey(c *gin.Context) {
	draft, err := keyDraft(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	key, token, err := s.APIKeys.Create(c.Request.Context(), draft)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.reloadKeys(c)
	c.Header("Location", "/api/keys/"+key.ID.String())
	made := keyJSON(key)
	s.answer(c, http.StatusCreated, openapi.NewKey{
		ID: made.ID, Key: token, Name: made.Name, Hint: made.Hint, Scopes: made.Scopes, RequestsPerSecond: made.RequestsPerSecond,
		ExecutionsInFlight: made.ExecutionsInFlight, CreatedAt: made.CreatedAt, ExpiresAt: made.ExpiresAt,
	})
}

func keyDraft(c *gin.Context) (access.Draft, error) {
	var draft access.Draft
	var scopes []string
	body, err := readBody(c, keyBodyBytes)
	if err != nil {
		return draft, err
	}
	err = readMembers(body,
		member{"name", true, text(&draft.Name)},
		member{"scopes", true, texts(&scopes)},
		member{"expiresAt", false, orNull(moment(&draft.ExpiresAt))},
		member{"requestsPerSecond", false, orNull(whole(&draft.Limits.RequestsPerSecond, access.MaxRequestsPerSecond))},
		member{"executionsInFlight", false, orNull(whole(&draft.Limits.ExecutionsInFlight, access.MaxExecutionsInFlight))})
	if err != nil {
		return draft, err
	}
	if draft.Scopes, err = access.ParseScopes(scopes); err != nil {
		return draft, err
	}
	return draft, draft.Validate(time.Now())
}

// texts reads an array of strings.
func texts(to *[]string) func([]byte) string {
	return func(raw []byte) string {
		if raw[0] != '[' || json.Unmarshal(raw, to) != nil {
			return "must be an array of strings"
		}
		return ""
	}
}

// moment reads a time.
func moment(to **time.Time) func([]byte) string {
	return func(raw []byte) string {
		var value string
		if text(&value)(raw) == "" {
			if at, err := time.Parse(time.RFC3339, value); err == nil {
				*to = &at
				return ""
			}
		}
		return "must be a time such as 2027-01-31T00:00:00Z (RFC 3339)"
	}
}

// whole reads a number from 1 to most.
func whole(to *int, most int) func([]byte) string {
	return func(raw []byte) string {
		n, err := strconv.Atoi(string(raw))
		if err != nil || n < 1 || n > most {
			return "must be a whole number from 1 to " + strconv.Itoa(most)
		}
		*to = n
		return ""
	}
}

// reloadKeys lets a change of keys hold in this process before it is answered; the others are told. When that fails, this
// one learns it as they do.
func (s *server) reloadKeys(c *gin.Context) {
	if s.Keyring == nil {
		return
	}
	if err := s.Keyring.Load(c.Request.Context()); err != nil {
		s.Keyring.Changed()
		s.Logger.WarnContext(c.Request.Context(), "the keys could not be read again", "error", err)
	}
}

// ListKeys answers GET /api/keys.
func (s *server) ListKeys(c *gin.Context) {
	keys, err := s.APIKeys.List(c.Request.Context())
	if err != nil {
		s.fail(c, err)
		return
	}
	list := make([]openapi.Key, len(keys))
	for i, key := range keys {
		list[i] = keyJSON(key)
	}
	s.answer(c, http.StatusOK, list)
}

// GetKey answers GET /api/keys/{id}.
func (s *server) GetKey(c *gin.Context, id uuid.UUID) {
	key, err := s.APIKeys.Get(c.Request.Context(), id)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, keyJSON(key))
}

// RevokeKey answers DELETE /api/keys/{id}.
func (s *server) RevokeKey(c *gin.Context, id uuid.UUID) {
	if err := s.APIKeys.Revoke(c.Request.Context(), id); err != nil {
		s.fail(c, err)
		return
	}
	s.reloadKeys(c)
	c.Status(http.StatusNoContent)
	c.Writer.WriteHeaderNow()
}

func keyJSON(from access.Key) openapi.Key {
	scopes := make([]openapi.Scope, len(from.Scopes))
	for i, scope := range from.Scopes {
		scopes[i] = openapi.Scope(scope)
	}
	return openapi.Key{
		ID: from.ID, Name: from.Name, Hint: from.Hint, Scopes: scopes,
		RequestsPerSecond: positive(from.Limits.RequestsPerSecond), ExecutionsInFlight: positive(from.Limits.ExecutionsInFlight),
		CreatedAt: utc(from.CreatedAt), ExpiresAt: utcOrNil(from.ExpiresAt), LastUsedAt: utcOrNil(from.LastUsed),
		RevokedAt: utcOrNil(from.RevokedAt),
	}
}
