package postgres

import (
	"sync"
	"time"

	"github.com/google/uuid"

	"peneira/internal/execution"
	"peneira/internal/postgres/internal/queries"
)

// reaches remembers how far back the last page of each list reached. PostgreSQL opens every month between the bounds of a
// statement, whether it reads there or not, so the next page is looked for no further back at first. The zero value is ready to use.
type reaches struct {
	mu     sync.Mutex
	months map[list]int // counted from the newest that the page may show; everywhere: the page was not full
}

// list is what a list shows.
type list struct {
	script uuid.UUID // uuid.Nil: of all
	status execution.Status
}

const (
	// everywhere is a reach without an end.
	everywhere = 1 << 20
	// mostReaches is how many are remembered. Then all are forgotten, which costs some microseconds on the next page of each.
	mostReaches = 10_000
)

// of returns how many months to look through first. Those of a list that shows nearly all are as good as always in one.
func (r *reaches) of(l list) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if months, there := r.months[l]; there {
		return months
	}
	if l.script == uuid.Nil && (l.status == "" || l.status == execution.Completed) {
		return 1
	}
	return everywhere
}

// note notes the months that a page took.
func (r *reaches) note(l list, months int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.months == nil || len(r.months) >= mostReaches {
		r.months = map[list]int{}
	}
	r.months[l] = months
}

// newestMonth is the first moment of the month with the newest executions before an id.
func newestMonth(before uuid.UUID, now time.Time) time.Time {
	newest := timeOf(before)
	if newest.After(now) {
		newest = now.UTC()
	}
	return time.Date(newest.Year(), newest.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// monthsTo counts the months from the newest one back to that of an id.
func monthsTo(id uuid.UUID, newest time.Time) int {
	at := timeOf(id)
	return max(1, 12*(newest.Year()-at.Year())+int(newest.Month())-int(at.Month())+1)
}

// cut cuts a page into what lies so many months back at most, and the rest. It reports whether there is a rest.
func cut(p queries.ListExecutionsParams, newest time.Time, months int) (first, rest queries.ListExecutionsParams, cuts bool) {
	if months >= everywhere {
		return p, p, false
	}
	low := floor(newest.AddDate(0, 1-months, 0))
	if compare(low, p.Lowest) <= 0 || compare(low, p.Before) >= 0 {
		return p, p, false
	}
	first, rest = p, p
	first.Lowest, rest.Before = low, low
	return first, rest, true
}
