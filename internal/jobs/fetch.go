package jobs

import (
	"context"
	"sync"
	"time"

	"github.com/riverqueue/river/riverdriver"
)

// Takes takes jobs from the queue without looking through all that was ever in it.
type Takes interface {
	// Now is the database's time.
	Now(ctx context.Context) (time.Time, error)
	// TakeSince takes jobs as JobGetAvailable does, of those that became due at a moment or later, and returns their ids.
	TakeSince(ctx context.Context, since time.Time, params *riverdriver.JobGetAvailableParams) ([]int64, error)
}

const (
	// slowFetch is from when on a fetch is slow: it mostly takes less than a millisecond.
	slowFetch = 5 * time.Millisecond
	// restFactor is for how many times what a slow fetch took the next ones look only at what became due since, at most for
	// maxRest. Until then a job is overlooked that became due long before it was seen: one that River schedules again.
	restFactor = 20
	maxRest    = 5 * time.Second
	// fetchMargin is how much later than it became due a job may be seen: the time that the transaction takes that inserts it.
	fetchMargin = 500 * time.Millisecond
)

// rest is how long to leave off what took so long.
func rest(took time.Duration) time.Duration { return min(restFactor*took, maxRest) }

// fetcher fetches jobs by River's own statement for as long as that is fast. It is slow while a transaction as long as a dump keeps
// PostgreSQL from clearing away what is done: it then looks at every job that was available since. Between two of its slow fetches the
// fetcher takes what has become due meanwhile. See docs/decisions/0051.
type fetcher struct {
	takes Takes
	slow  time.Duration                          // slowFetch, but for tests
	rest  func(took time.Duration) time.Duration // rest, but for tests

	mu     sync.Mutex
	fronts map[string]front // by queue
}

// front is where the jobs of a queue begin that are to be fetched.
type front struct {
	slow  bool
	since time.Time // when the first of them became due
	rest  time.Time // until when nothing is looked for before
}

func newFetcher(takes Takes) *fetcher {
	return &fetcher{takes: takes, slow: slowFetch, rest: rest, fronts: map[string]front{}}
}

// available is JobGetAvailable over executor.
func (f *fetcher) available(
	ctx context.Context, executor riverdriver.Executor, params *riverdriver.JobGetAvailableParams,
) (*riverdriver.JobGetAvailableResult, error) {
	at := f.front(params.Queue)
	if time.Now().Before(at.rest) {
		return f.takeSince(ctx, executor, at.since, params)
	}
	var asked time.Time
	if at.slow {
		var err error
		if asked, err = f.takes.Now(ctx); err != nil {
			return nil, err
		}
	}
	begun := time.Now()
	got, err := executor.JobGetAvailable(ctx, params)
	if err == nil && got != nil {
		f.note(params.Queue, time.Since(begun), asked, got)
	}
	return got, err
}

func (f *fetcher) front(queue string) front {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fronts[queue]
}

// note notes what a fetch took. When it is slow and the one before was, too, as is known by the database's time being asked for
// before it began, the next ones rest: one may be slow because its connection is new, or the machine busy.
func (f *fetcher) note(queue string, took time.Duration, asked time.Time, got *riverdriver.JobGetAvailableResult) {
	next := front{slow: took >= f.slow}
	if next.slow && !asked.IsZero() {
		first := asked
		for _, job := range got.Jobs {
			if job.ScheduledAt.Before(first) {
				first = job.ScheduledAt
			}
		}
		next.since, next.rest = first.Add(-fetchMargin), time.Now().Add(f.rest(took))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fronts[queue] = next
}

func (f *fetcher) takeSince(
	ctx context.Context, executor riverdriver.Executor, since time.Time, params *riverdriver.JobGetAvailableParams,
) (*riverdriver.JobGetAvailableResult, error) {
	ids, err := f.takes.TakeSince(ctx, since, params)
	if err != nil || len(ids) == 0 {
		return &riverdriver.JobGetAvailableResult{}, err
	}
	// Should this fail, the jobs are lost on their way here, and handed on as such.
	taken, err := executor.JobGetByIDMany(ctx, &riverdriver.JobGetByIDManyParams{ID: ids, Schema: params.Schema})
	return &riverdriver.JobGetAvailableResult{Jobs: taken}, err
}
