package postgres

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"peneira/internal/execution"
	"peneira/internal/postgres/internal/queries"
)

// A page that is cut shows what it showed: nothing lies between its parts, nor in both.
func TestCut(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 15, 12, 0, 0, 0, time.UTC)
	at := func(year int, month time.Month, day int) uuid.UUID {
		return floor(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
	}
	for name, c := range map[string]struct {
		before, lowest uuid.UUID
		months         int
		low            uuid.UUID // where it is cut; uuid.Nil: not
	}{
		"one month":                       {uuid.Max, floor(earliest), 1, at(2026, 3, 1)},
		"two":                             {uuid.Max, floor(earliest), 2, at(2026, 2, 1)},
		"over a year":                     {uuid.Max, floor(earliest), 15, at(2025, 1, 1)},
		"everywhere":                      {uuid.Max, floor(earliest), everywhere, uuid.Nil},
		"before a cursor":                 {at(2025, 6, 10), floor(earliest), 2, at(2025, 5, 1)},
		"before the first of a month":     {at(2025, 6, 1), floor(earliest), 1, uuid.Nil},
		"no further than the page":        {uuid.Max, at(2026, 2, 10), 2, uuid.Nil},
		"as far as the page":              {uuid.Max, at(2026, 2, 1), 2, uuid.Nil},
		"further than there were clocks":  {uuid.Max, floor(earliest), 10_000, uuid.Nil},
		"the whole page is of the future": {uuid.Max, at(2026, 5, 1), 1, uuid.Nil},
	} {
		page := queries.ListExecutionsParams{Before: c.before, Lowest: c.lowest, PageSize: 20}
		first, rest, cuts := cut(page, newestMonth(c.before, now), c.months)
		first.Lows, first.Highs = spans(first.Before, first.Lowest, now)
		rest.Lows, rest.Highs = spans(rest.Before, rest.Lowest, now)
		if cuts != (c.low != uuid.Nil) {
			t.Errorf("%s: cut at %s", name, first.Lowest)
			continue
		}
		if !cuts {
			rest.Lows, rest.Highs, rest.Before, first.Lowest = nil, nil, c.lowest, c.lowest
		} else if first.Lowest != c.low {
			t.Errorf("%s: cut at %s, want %s", name, first.Lowest, c.low)
		}
		high := c.before
		for i, low := range append(first.Lows, rest.Lows...) {
			if got := append(first.Highs, rest.Highs...)[i]; got != high || compare(low, high) >= 0 {
				t.Errorf("%s: span %d is from %s to %s, after one down to %s", name, i, low, got, high)
			}
			high = low
		}
		if high != c.lowest || first.Lowest != rest.Before || first.Before != c.before || first.Lows[len(first.Lows)-1] != first.Lowest {
			t.Errorf("%s: %+v\n%+v", name, first, rest)
		}
	}
}

func TestReaches(t *testing.T) {
	t.Parallel()
	var r reaches
	all, failed := list{}, list{status: execution.Failed}
	if r.of(all) != 1 || r.of(list{status: execution.Completed}) != 1 || r.of(failed) != everywhere || r.of(list{script: uuid.New()}) != everywhere {
		t.Error("what is not known is not what it should be")
	}
	r.note(failed, 3)
	r.note(all, 2)
	if r.of(failed) != 3 || r.of(all) != 2 {
		t.Error("it has forgotten")
	}
	for range 2 * mostReaches {
		r.note(list{script: uuid.New()}, 1)
	}
	if len(r.months) > mostReaches {
		t.Errorf("it remembers %d", len(r.months))
	}
	newest := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for at, want := range map[time.Time]int{
		newest.AddDate(0, 0, 20): 1, newest: 1, newest.Add(-time.Hour): 2, newest.AddDate(-1, 0, 0): 13, newest.AddDate(0, 1, 0): 1,
	} {
		if got := monthsTo(floor(at), newest); got != want {
			t.Errorf("to %s: %d months, want %d", at, got, want)
		}
	}
}
