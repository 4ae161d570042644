package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"peneira/internal/execution"
	"peneira/internal/failure"
)

// Keys remembers what was asked for under an idempotency key.
type Keys interface {
	// Claim claims a key for a request that is to make subject. It returns the subject of the first such request, and
	// whether it is for the caller to make it. It returns a failure of kind Invalid when the key stands for another body.
	Claim(ctx context.Context, operation, key string, body []byte, subject uuid.UUID) (first uuid.UUID, mine bool, err error)
	// Release gives a key free.
	Release(ctx context.Context, operation, key string, subject uuid.UUID) error
}

// maxKey bounds an idempotency key, in bytes.
const maxKey = 255

// once is what an Idempotency-Key asks for: that the request is carried out once, however often it is sent.
type once struct {
	s              *server
	operation, key string
	subject        uuid.UUID // what the first request makes, or has made
	mine           bool      // whether it is for this request to make it
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
	subject, err := uuid.NewV7()
	if err != nil {
		return nil, failure.New(failure.Internal, "", "no randomness").Because(err)
	}
	o := &once{s: s, operation: c.Request.Method + " " + c.Request.URL.Path, key: key}
	o.subject, o.mine, err = s.Keys.Claim(c.Request.Context(), o.operation, key, body, subject)
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
	case o.mine:
		return thing, false, nil
	default:
		c.Header("Retry-After", "1")
		return thing, false, execution.InProgress()
	}
}

// refused gives the key free when the request was refused, so that it can be mended and sent again. After a fault of ours
// the key is kept: the request may have been carried out.
func (o *once) refused(ctx context.Context, err error) {
	if o == nil || !o.mine || problemStatus(err) >= http.StatusInternalServerError {
		return
	}
	if err := o.s.Keys.Release(context.WithoutCancel(ctx), o.operation, o.key, o.subject); err != nil {
		o.s.Logger.WarnContext(ctx, "an idempotency key was not given free", "error", err)
	}
}

// problemStatus is the status that an error is answered with.
func problemStatus(err error) int {
	if f, ok := asFailure(err); ok {
		return problemFor(f).Status
	}
	return http.StatusInternalServerError
}
