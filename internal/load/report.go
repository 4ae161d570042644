package load

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Report is what came of a run.
type Report struct {
	Seconds            float64        `json:"seconds"` // from the first request to the last result
	Accepted           int            `json:"accepted"`
	AcceptedPerSecond  float64        `json:"acceptedPerSecond"` // until the last was accepted
	Completed          int            `json:"completed"`         // with the right output
	CompletedPerSecond float64        `json:"completedPerSecond"`
	Wrong              int            `json:"wrong"`  // completed with another output
	Failed             int            `json:"failed"` // all else that went wrong
	Missed             int            `json:"missed"` // open loop: not sent, since too many were in flight
	Errors             map[string]int `json:"errors,omitempty"`
	Acknowledgement    *Latency       `json:"acknowledgement,omitempty"` // nil when only the completion is answered
	Completion         Latency        `json:"completion"`
	concurrency        int
	rate               float64
}

// Latency is a distribution of times, in milliseconds.
type Latency struct {
	P50  float64 `json:"p50Ms"`
	P90  float64 `json:"p90Ms"`
	P99  float64 `json:"p99Ms"`
	P999 float64 `json:"p999Ms"`
	Max  float64 `json:"maxMs"`
}

// Good reports whether every execution was accepted and completed with the right output.
func (r Report) Good() bool { return r.Wrong == 0 && r.Failed == 0 && r.Missed == 0 && r.Completed > 0 }

// WriteText writes the report for people.
func (r Report) WriteText(w io.Writer) {
	loop := fmt.Sprintf("closed loop, %d clients", r.concurrency)
	if r.rate > 0 {
		loop = fmt.Sprintf("open loop, %g/s", r.rate)
	}
	fmt.Fprintf(w, "%-16s %s, %.1f s\n", "load", loop, r.Seconds)
	fmt.Fprintf(w, "%-16s %d, %.0f/s\n", "accepted", r.Accepted, r.AcceptedPerSecond)
	fmt.Fprintf(w, "%-16s %d, %.0f/s, every output checked\n", "end to end", r.Completed, r.CompletedPerSecond)
	if r.Acknowledgement != nil {
		fmt.Fprintf(w, "%-16s %s\n", "acknowledgement", r.Acknowledgement)
	}
	fmt.Fprintf(w, "%-16s %s\n", "completion", r.Completion)
	fmt.Fprintf(w, "%-16s %d wrong, %d failed, %d missed\n", "errors", r.Wrong, r.Failed, r.Missed)
	texts := make([]string, 0, len(r.Errors))
	for text := range r.Errors {
		texts = append(texts, text)
	}
	slices.SortFunc(texts, func(a, b string) int {
		if r.Errors[a] != r.Errors[b] {
			return r.Errors[b] - r.Errors[a]
		}
		return strings.Compare(a, b)
	})
	for _, text := range texts {
		fmt.Fprintf(w, "%-16s %d × %s\n", "", r.Errors[text], text)
	}
}

// String implements fmt.Stringer.
func (l Latency) String() string {
	return fmt.Sprintf("p50 %.2f ms, p90 %.2f ms, p99 %.2f ms, p99.9 %.2f ms, max %.2f ms", l.P50, l.P90, l.P99, l.P999, l.Max)
}

// Histogram collects times from a microsecond to ten minutes, each to three digits. It may be used from many goroutines.
type Histogram struct {
	mu sync.Mutex
	h  *hdrhistogram.Histogram
}

const maxMicroseconds = int64(10 * time.Minute / time.Microsecond)

// NewHistogram returns an empty histogram.
func NewHistogram() *Histogram {
	return &Histogram{h: hdrhistogram.New(1, maxMicroseconds, 3)}
}

// Add adds a time.
func (h *Histogram) Add(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	_ = h.h.RecordValue(min(max(d.Microseconds(), 1), maxMicroseconds)) // within the bounds it cannot fail
}

// Latency returns the distribution.
func (h *Histogram) Latency() Latency {
	h.mu.Lock()
	defer h.mu.Unlock()
	ms := func(microseconds int64) float64 { return float64(microseconds) / 1000 }
	return Latency{
		P50: ms(h.h.ValueAtQuantile(50)), P90: ms(h.h.ValueAtQuantile(90)), P99: ms(h.h.ValueAtQuantile(99)),
		P999: ms(h.h.ValueAtQuantile(99.9)), Max: ms(h.h.Max()),
	}
}

// maxErrorTexts bounds how many kinds of errors are told apart.
const maxErrorTexts = 20

// tally counts what happens. It may be used from many goroutines.
type tally struct {
	acknowledgements, completions *Histogram

	mu                        sync.Mutex
	r                         Report
	begun                     time.Time
	lastAccepted, lastOutcome time.Time
	acknowledged              bool
}

func newTally() *tally {
	return &tally{acknowledgements: NewHistogram(), completions: NewHistogram(), r: Report{Errors: map[string]int{}}}
}

func (t *tally) begin() { t.begun = time.Now() }

func (t *tally) accepted(took time.Duration, acknowledgement bool) {
	if acknowledgement {
		t.acknowledgements.Add(took)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.r.Accepted++
	t.lastAccepted = time.Now()
	t.acknowledged = t.acknowledged || acknowledgement
}

func (t *tally) completed(took time.Duration) {
	t.completions.Add(took)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.r.Completed++
	t.lastOutcome = time.Now()
}

func (t *tally) failed(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err == errWrong { //nolint:errorlint // it is never wrapped
		t.r.Wrong++
	} else {
		t.r.Failed++
	}
	text := err.Error()
	if _, known := t.r.Errors[text]; !known && len(t.r.Errors) >= maxErrorTexts {
		text = "others"
	}
	t.r.Errors[text]++
	t.lastOutcome = time.Now()
}

func (t *tally) miss() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.r.Missed++
}

func (t *tally) report(cfg Config) Report {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.r
	r.concurrency, r.rate = cfg.Concurrency, cfg.Rate
	r.Seconds = max(t.lastOutcome.Sub(t.begun).Seconds(), 0)
	if s := t.lastAccepted.Sub(t.begun).Seconds(); r.Accepted > 0 && s > 0 {
		r.AcceptedPerSecond = float64(r.Accepted) / s
	}
	if r.Seconds > 0 {
		r.CompletedPerSecond = float64(r.Completed) / r.Seconds
	}
	if t.acknowledged {
		l := t.acknowledgements.Latency()
		r.Acknowledgement = &l
	}
	r.Completion = t.completions.Latency()
	return r
}
