package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"peneira/internal/access"
	"peneira/internal/execution"
	"peneira/internal/failure"
)

// Keys remembers what was asked for under an idempotency key.
type Keys interface {
	// Claim claims a key for a request that is to make subject. It returns the subject of the first such request, and when
	// the caller claimed it: then it is for the caller to make the subject. The time is zero when it is for another. It
	// returns a failure of kind Invalid when the key stands for another body.
	Claim(ctx context.Context, operation, key string, body []byte, subject uuid.UUID) (first uuid.UUID, claimed time.Time, err error)
	// Release gives a key free that was claimed at a time.
	Release(ctx context.Context, operation, key string, claimed time.Time) error
	// Yield leaves it to the next request to make the subject.
	Yield(ctx context.Context, operation, key string, claimed time.Time) error
}

// maxKey bounds an idempotency key, in bytes.
const maxKey = 255

// once is what an Idempotency-Key asks for: that the request is carried out once, however often it is sent.
type once struct {
	s              *server
	operation, key string
	subject        uuid.UUID // what the first request makes, or has made
	claimed        time.Time // when it was claimed; zero when it is not for this request to make it
}

// claim reads the Idempotency-Key of a request and claims it. Without one it returns nil, with which every method works.
func (s *server) claim(c *gin.Context, body []byte) (*once, error) {
	key := c.GetHeader("Idempotency-Key")
	if key == "" {
		return nil, nil //nolint:nilnil // most requests have none
	}
	if len(key) > maxKey || strings.IndexFunc(key, func(r rune) bool { return r < '!' || r > '~' }) >= 0 {
		return nil, badParameter("Idempotency-Key", "must have 1 to 255 visible ASCII characters")
	}
	subject, err := newID()
	if err != nil {
		return nil, err
	}
	o := &once{s: s, operation: c.Request.Method + " " + c.Request.URL.Path, key: key}
	if caller := access.From(c.Request.Context()); caller.KeyID().Valid {
		o.operation += " " + caller.Key.ID.String() // what two callers make up must not collide
	}
	o.subject, o.claimed, err = s.Keys.Claim(c.Request.Context(), o.operation, key, body, subject)
	return o, err
}

// id is what the thing that the request makes is called; zero when it does not matter.
func (o *once) id() uuid.UUID {
	if o == nil {
		return uuid.Nil
	}
	return o.subject
}

// made looks with get for what the first request made. found is false when it is for this request to make it. It returns a
// failure of kind Conflict while the first request is being carried out.
func made[T any](c *gin.Context, o *once, get func(context.Context, uuid.UUID) (T, error)) (thing T, found bool, err error) {
	if o == nil {
		return thing, false, nil
	}
	thing, err = get(c.Request.Context(), o.subject)
	switch {
	case err == nil:
		c.Header("Idempotency-Replayed", "true")
		return thing, true, nil
	case failure.KindOf(err) != failure.NotFound:
		return thing, false, err
	case !o.claimed.IsZero():
		return thing, false, nil
	default:
		c.Header("Retry-After", "1")
		return thing, false, execution.InProgress()
	}
}

// finish is called with what came of making the thing. An error may hide that it was made, by this request or by another
// with the same key that took over: then the thing is returned after all. Else the key is given free if the request was
// refused, so that it can be mended and sent again; after a fault of ours the claim is given up, but the key stands for
// the same thing: nobody knows whether it is still being made.
func finish[T any](
	c *gin.Context, o *once, thing T, err error, get func(context.Context, uuid.UUID) (T, error),
) (T, error) {
	if err == nil || o == nil || o.claimed.IsZero() {
		return thing, err
	}
	// The client may be gone; the key is there for when it comes back.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request.Context()), afterTime)
	defer cancel()
	if made, getErr := get(ctx, o.subject); getErr == nil {
		c.Header("Idempotency-Replayed", "true")
		return made, nil
	}
	giveUp := o.s.Keys.Yield
	if problemStatus(err) < http.StatusInternalServerError {
		giveUp = o.s.Keys.Release
	}
	if giveUpErr := giveUp(ctx, o.operation, o.key, o.claimed); giveUpErr != nil {
		o.s.Logger.WarnContext(ctx, "an idempotency key was not given up", "error", giveUpErr)
	}
	return thing, err
}

// afterTime bounds what is done for a key after its request failed.
const afterTime = 5 * time.Second

// problemStatus is the status that an error is answered with.
func problemStatus(err error) int {
	if f, ok := asFailure(err); ok {
		return problemFor(f).Status
	}
	return http.StatusInternalServerError
}
