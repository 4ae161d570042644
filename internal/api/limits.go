package api

import (
	"context"
	"math"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"peneira/internal/access"
	"peneira/internal/execution"
	"peneira/internal/failure"
	"peneira/internal/keyring"
)

// takeRequest takes a request out of the limit of its key, and tells how much of that is left. It returns a failure of kind
// Limited when there is nothing left.
func (s *server) takeRequest(c *gin.Context, holder *keyring.Holder) error {
	allowed := holder.Take(time.Now())
	if allowed.Limit == 0 {
		return nil
	}
	header := c.Writer.Header()
	header.Set("RateLimit-Limit", strconv.Itoa(allowed.Limit))
	header.Set("RateLimit-Remaining", strconv.Itoa(allowed.Remaining))
	header.Set("RateLimit-Reset", wholeSeconds(allowed.Reset))
	header.Set("RateLimit-Policy", strconv.Itoa(allowed.Limit)+";w=1")
	if allowed.OK {
		return nil
	}
	header.Set("Retry-After", wholeSeconds(allowed.Wait))
	return failure.New(failure.Limited, codeRateLimited, "This key may send %d requests a second to each server, and has sent them.", allowed.Limit)
}

// wholeSeconds rounds up, so that who waits so long has waited long enough.
func wholeSeconds(d time.Duration) string { return strconv.Itoa(int(math.Ceil(d.Seconds()))) }

// admitting accepts executions as far as the limits of keys allow.
type admitting struct {
	Executions

	keys    *keyring.Keyring
	flights *keyring.Flights
}

// Accept implements Executions. It returns a failure of kind Limited when the caller's key has as many executions in flight
// as it may.
func (a admitting) Accept(ctx context.Context, request execution.Request) (execution.Execution, error) {
	holder, ok := a.keys.ByID(access.From(ctx).Key.ID)
	if !ok {
		return a.Executions.Accept(ctx, request) // nobody's: no key is needed
	}
	if request.ID == uuid.Nil {
		id, err := newID()
		if err != nil {
			return execution.Execution{}, err
		}
		request.ID = id
	}
	if !a.flights.Begin(holder, request.ID) {
		return execution.Execution{}, failure.New(failure.Limited, codeInFlight,
			"This key may have %d executions waiting or running on each server, and has them.", holder.Key.Limits.ExecutionsInFlight)
	}
	accepted, err := a.Executions.Accept(ctx, request)
	if f, ok := asFailure(err); ok && f.Kind != failure.Unavailable && f.Kind != failure.Internal {
		a.flights.End(request.ID) // refused; after any other error it may be there
	}
	return accepted, err
}
