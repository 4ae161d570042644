package api

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"peneira/internal/budget"
	"peneira/internal/execution"
)

// Endings tells when executions end.
type Endings interface {
	// Watch returns a channel that is closed when the execution has ended, or may have. It gives the execution if that is at
	// hand, without payloads that are large. Watch first and look then; leave must be called in the end.
	Watch(id uuid.UUID) (woken <-chan execution.Execution, leave func())
	// Recent returns an execution that has ended a moment ago, if it is at hand, without payloads that are large.
	Recent(id uuid.UUID) (execution.Execution, bool)
}

// maxWaitSeconds is the longest that a request waits for the end of an execution. Proxies cut off what is silent longer.
const maxWaitSeconds = 60

// preferredWait reads wait=SECONDS from a Prefer header (RFC 7240). What else is in it, or is not understood, is ignored, as
// the RFC asks; more than maxWaitSeconds becomes that.
func preferredWait(header *string) (seconds int, ok bool) {
	if header == nil {
		return 0, false
	}
	for preference := range strings.SplitSeq(*header, ",") {
		preference, _, _ = strings.Cut(preference, ";") // parameters of a preference
		name, value, _ := strings.Cut(preference, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "wait") {
			continue
		}
		n, err := strconv.ParseUint(strings.Trim(strings.TrimSpace(value), `"`), 10, 31)
		if err != nil {
			return 0, false
		}
		return int(min(n, maxWaitSeconds)), true
	}
	return 0, false
}

// vigil watches for the end of one execution. A nil vigil works with end.
type vigil struct {
	woken <-chan execution.Execution
	leave func()
}

func (s *server) watch(id uuid.UUID) *vigil {
	woken, leave := s.Endings.Watch(id)
	return &vigil{woken, leave}
}

func (v *vigil) end() {
	if v != nil {
		v.leave()
	}
}

// watchNew watches for the end of an execution before it is accepted, so that nobody needs to look whether it has ended
// already. For that it chooses the id. It returns nil when nobody waits, or when an idempotency key says what the id is.
func (s *server) watchNew(c *gin.Context, request *execution.Request, waits bool) (*vigil, error) {
	if !waits || c.GetHeader("Idempotency-Key") != "" {
		return nil, nil //nolint:nilnil // no vigil is a valid one
	}
	id, err := newID()
	if err != nil {
		return nil, err
	}
	request.ID, request.Waits = id, true
	return s.watch(id), nil
}

// awaitEnd waits until an execution has ended, but at most so many seconds, or until the server stops, and returns what get
// then gives. fresh is a vigil since before it was accepted, or nil. It returns a failure of kind NotFound when there is
// no such execution.
func (s *server) awaitEnd(
	ctx context.Context, id uuid.UUID, seconds int, fresh *vigil,
	get func(context.Context, uuid.UUID) (execution.Execution, error),
) (execution.Execution, error) {
	timeUp, cancel := context.WithTimeout(ctx, time.Duration(seconds)*time.Second)
	defer cancel()
	for v := fresh; ; v = nil {
		var looked <-chan error
		if v == nil {
			v = s.watch(id)
			defer v.end() //nolint:gocritic // a second round is rare: the connection that tells of ends was lost
			if e, atHand := s.Endings.Recent(id); atHand && hasPayloads(e) {
				return e, growBy(ctx, e)
			}
			looked = s.look(timeUp, id)
		}
		select {
		case e, atHand := <-v.woken:
			if atHand && hasPayloads(e) {
				return e, growBy(ctx, e)
			}
			if e, err := get(ctx, id); err != nil || e.Status.Terminal() {
				return e, err
			}
		case err := <-looked:
			if err != nil && timeUp.Err() == nil {
				return execution.Execution{}, err
			}
			return get(ctx, id)
		case <-s.Stopping:
			return get(ctx, id)
		case <-timeUp.Done():
			return get(ctx, id)
		}
	}
}

// get is Executions.Get, but for what has ended a moment ago and is at hand.
func (s *server) get(ctx context.Context, id uuid.UUID) (execution.Execution, error) {
	if e, atHand := s.Endings.Recent(id); atHand && hasPayloads(e) {
		return e, growBy(ctx, e)
	}
	return s.Executions.Get(ctx, id)
}

// look looks whether an execution has ended already, while its end is watched for: who waits for one that ends this moment
// need not wait for this. The channel gives nil when it has, or why nobody knows; nothing while it goes on.
func (s *server) look(ctx context.Context, id uuid.UUID) <-chan error {
	ended := make(chan error, 1)
	go func() {
		status, err := s.Executions.Status(ctx, id)
		if err != nil || status.Terminal() {
			ended <- err
		}
	}()
	return ended
}

// hasPayloads reports whether an execution that has ended has its payloads.
func hasPayloads(e execution.Execution) bool {
	return e.Input != nil && (e.Output != nil || e.Status != execution.Completed)
}

// growBy takes memory for the payloads of an execution from the share of the budget that ctx carries.
func growBy(ctx context.Context, e execution.Execution) error {
	return budget.From(ctx).TryGrow(len(e.Input) + len(e.Output))
}
