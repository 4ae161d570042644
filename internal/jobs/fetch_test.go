package jobs

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"peneira/internal/postgres"
	"peneira/internal/postgres/pgtest"
)

// fetches is a fetcher on a database of its own.
type fetches struct {
	*fetcher

	pool     *pgxpool.Pool
	executor riverdriver.Executor
}

// newFetches returns one that calls slow what takes so long, and then rests for an hour.
func newFetches(t *testing.T, slow time.Duration) fetches {
	t.Helper()
	pool, err := postgres.Open(t.Context(), pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	f := newFetcher(postgres.NewTakes(pool))
	f.slow, f.rest = slow, func(time.Duration) time.Duration { return time.Hour }
	return fetches{f, pool, riverpgxv5.New(pool).GetExecutor()}
}

// insert inserts a job that became due so long ago, and was tried by processes before.
func (f fetches) insert(t *testing.T, kind string, ago time.Duration, before ...string) int64 {
	t.Helper()
	var id int64
	if err := f.pool.QueryRow(t.Context(), `INSERT INTO river_job (kind, queue, args, max_attempts, attempt, attempted_by, scheduled_at)
		VALUES ($1, 'q', '{"a": 1}', 10, coalesce(cardinality($2::text[]), 0), $2, now() - $3::interval) RETURNING id`, kind, before, ago).Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

func (f fetches) fetch(t *testing.T, most int) []*rivertype.JobRow {
	t.Helper()
	got, err := f.available(t.Context(), f.executor, &riverdriver.JobGetAvailableParams{
		ClientID: "here", Kind: []string{"ours"}, MaxAttemptedBy: 3, MaxToLock: most, Queue: "q",
	})
	if err != nil {
		t.Fatal(err)
	}
	return got.Jobs
}

func (f fetches) mustFetch(t *testing.T, most int, want ...int64) {
	t.Helper()
	got := []int64{}
	for _, job := range f.fetch(t, most) {
		got = append(got, job.ID)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("it fetched %d, want %d", got, want)
	}
}

// wake ends the rest.
func (f fetches) wake() {
	f.mu.Lock()
	defer f.mu.Unlock()
	front := f.fronts["q"]
	front.rest = time.Time{}
	f.fronts["q"] = front
}

// While fetching is slow, jobs are fetched that have become due meanwhile, and the others when all is looked through again.
func TestFetchesWhatBecameDueMeanwhile(t *testing.T) {
	t.Parallel()
	f := newFetches(t, 0)
	f.mustFetch(t, 9)
	f.insert(t, "another's", 0)
	first, second := f.insert(t, "ours", 0), f.insert(t, "ours", 0)
	f.mustFetch(t, 1, first) // the second that is slow
	f.mustFetch(t, 1, second)
	f.mustFetch(t, 9)
	old, third := f.insert(t, "ours", time.Hour), f.insert(t, "ours", 0)
	f.mustFetch(t, 9, third)
	f.mustFetch(t, 9)
	f.wake()
	f.mustFetch(t, 9, old)
	older := f.insert(t, "ours", time.Hour-time.Minute)
	f.mustFetch(t, 9, older) // later than the first of what was found
	f.wake()
	f.mustFetch(t, 9)
	f.insert(t, "ours", time.Hour)
	f.mustFetch(t, 9)
}

// One that is slow by chance changes nothing.
func TestFetchesAllAfterOneThatWasSlow(t *testing.T) {
	t.Parallel()
	f := newFetches(t, 0)
	f.mustFetch(t, 9)
	f.slow = time.Hour
	f.mustFetch(t, 9, f.insert(t, "ours", time.Hour))
	f.mustFetch(t, 9, f.insert(t, "ours", time.Hour))
}

// As long as it is fast, all are fetched each time.
func TestFetchesAllWhileThatIsFast(t *testing.T) {
	t.Parallel()
	f := newFetches(t, time.Hour)
	for range 3 {
		f.mustFetch(t, 9, f.insert(t, "ours", time.Hour), f.insert(t, "ours", 0))
	}
}

// What is fetched is what River fetches.
func TestFetchesLikeRiver(t *testing.T) {
	t.Parallel()
	f := newFetches(t, 0)
	f.fetch(t, 9)
	f.fetch(t, 9)
	for _, before := range [][]string{{}, {"a"}, {"a", "b", "c"}, {"a", "b", "c", "d"}} {
		f.wake()
		f.insert(t, "ours", 0, before...)
		rivers := f.fetch(t, 9)
		f.insert(t, "ours", 0, before...)
		ours := f.fetch(t, 9)
		moments := cmpopts.IgnoreFields(rivertype.JobRow{}, "ID", "CreatedAt", "ScheduledAt", "AttemptedAt")
		if diff := cmp.Diff(rivers, ours, moments); diff != "" || len(ours) != 1 {
			t.Errorf("after %v it fetched, against River (-):\n%s", before, diff)
		}
		if at := ours[0].AttemptedAt; at == nil || at.Before(ours[0].ScheduledAt) {
			t.Errorf("it was attempted at %v", at)
		}
	}
}
