package postgres_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"

	"peneira/internal/execution"
)

// A life of a year and a half: executions of all months, of every status, with the jobs of those that have not ended.
const life = `WITH lived AS (
	INSERT INTO executions (id, script_id, script_version, status, error_kind, completed_at, started_at, created_at)
	SELECT overlay(uuidv7_floor(at)::text PLACING lpad(to_hex(n), 12, '0') FROM 25)::uuid,
	       CASE WHEN n % 3 = 0 THEN $1::uuid ELSE $2::uuid END, 1, status, CASE WHEN status = 'failed' THEN 'crashed' END,
	       CASE WHEN status NOT IN ('pending', 'running') THEN at END, at AS started_at, at AS created_at
	FROM (SELECT n, now() - n * interval '2 days' AS at,
	             CASE WHEN n % 7 = 0 THEN 'failed' WHEN n > 100 AND n % 13 = 0 THEN 'cancelled' WHEN n % $3::integer = 0 THEN 'pending'
	                  WHEN n % $3::integer = 1 THEN 'running' ELSE 'completed' END AS status
	      FROM generate_series(0, 270) AS n) AS numbered
	RETURNING id, status
)
INSERT INTO river_job (args, kind, max_attempts, queue, state)
SELECT jsonb_build_object('execution_id', id::text), 'execution', 3, 'executions', 'available'
FROM lived CROSS JOIN generate_series(1, $4::integer)
WHERE status IN ('pending', 'running')`

// Pages of every list, one after the other, hold what is asked for and nothing else, whatever index and months they are read from.
func TestListsHoldWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ every, jobs int }{
		"few have not ended":                 {90, 1},
		"so many that they are found":        {4, 4}, // each has several jobs, so that there are more than are looked up
		"the queue names some of them twice": {90, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			one, other := uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
			if _, err := b.pool.Exec(t.Context(), `SELECT executions_make_partitions(now() - interval '12 months', 12)`); err != nil {
				t.Fatal(err)
			}
			if _, err := b.pool.Exec(t.Context(), life, one, other, test.every, test.jobs); err != nil {
				t.Fatal(err)
			}
			for _, status := range append([]execution.Status{""}, execution.Statuses...) {
				for _, script := range []uuid.UUID{{}, one, uuid.New()} {
					for _, size := range []int{1, 4, 300} {
						want := scan[string](t, b, `SELECT coalesce(string_agg(id::text, ' ' ORDER BY id DESC), '') FROM executions
							WHERE ($1::text = '' OR status = $1::text) AND ($2::uuid = '00000000-0000-0000-0000-000000000000' OR script_id = $2::uuid)`, string(status), script)
						if got := pages(t, b, execution.Filter{Status: status, ScriptID: script, Limit: size}); got != "["+want+"]" {
							t.Errorf("status %q, script %s, pages of %d: got\n%s, want\n%s", status, script, size, got, want)
						}
					}
				}
			}
		})
	}
}

// pages reads all pages of a list, and says which executions are there.
func pages(t *testing.T, b bundle, filter execution.Filter) string {
	t.Helper()
	var ids []uuid.UUID
	for {
		page, err := b.executions.List(t.Context(), filter)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page {
			ids = append(ids, e.ID)
			filter.Before = e.ID
		}
		if len(page) < filter.Limit {
			return fmt.Sprint(ids)
		}
	}
}
