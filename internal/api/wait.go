package api

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Endings tells when executions end.
type Endings interface {
	// Watch returns a channel that is closed when the execution has ended, or may have. Watch first and look then; leave
	// must be called in the end.
	Watch(id uuid.UUID) (woken <-chan struct{}, leave func())
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

// awaitEnd waits until an execution has ended, but at most so many seconds, or until the server stops. It returns a failure
// of kind NotFound when there is no such execution.
func (s *server) awaitEnd(ctx context.Context, id uuid.UUID, seconds int) error {
	timeUp, cancel := context.WithTimeout(ctx, time.Duration(seconds)*time.Second)
	defer cancel()
	for {
		woken, leave := s.Endings.Watch(id)
		status, err := s.Executions.Status(ctx, id)
		if err != nil || status.Terminal() {
			leave()
			return err
		}
		select {
		case <-woken:
			leave()
		case <-s.Stopping:
			leave()
			return nil
		case <-timeUp.Done():
			leave()
			return nil
		}
	}
}
