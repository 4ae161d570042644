package keyring

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// usage is what a key has used up in this process. It outlives every reading of the keys.
type usage struct {
	noted   atomic.Int64 // when its last use was noted, in Unix nanoseconds
	flights atomic.Int64 // executions accepted and not ended

	mu     sync.Mutex
	tokens float64   // of the bucket that requests are taken from
	filled time.Time // when it was reckoned last; zero: it is full
}

// Allowance is what a key may do just now.
type Allowance struct {
	OK        bool
	Limit     int           // requests per second; 0: no limit
	Remaining int           // requests that could come at once
	Reset     time.Duration // until the whole limit is there again
	Wait      time.Duration // until the next request is taken; 0 when this one was
}

// Take takes one request out of the key's limit: a bucket of as many tokens as it may send requests in a second, which
// fills as fast, so that a second's worth may come at once.
func (h *Holder) Take(now time.Time) Allowance {
	limit := float64(h.Key.Limits.RequestsPerSecond)
	if limit <= 0 {
		return Allowance{OK: true}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.filled.IsZero() {
		h.tokens, h.filled = limit, now
	}
	if now.After(h.filled) {
		h.tokens, h.filled = h.tokens+now.Sub(h.filled).Seconds()*limit, now
	}
	h.tokens = math.Min(h.tokens, limit) // which may be smaller than it was
	a := Allowance{OK: h.tokens >= 1, Limit: int(limit)}
	if a.OK {
		h.tokens--
	} else {
		a.Wait = seconds((1 - h.tokens) / limit)
	}
	a.Remaining, a.Reset = int(h.tokens), seconds((limit-h.tokens)/limit)
	return a
}

func seconds(n float64) time.Duration { return time.Duration(math.Ceil(n * float64(time.Second))) }
