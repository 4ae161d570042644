package postgres_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"peneira/internal/execution"
	"peneira/internal/failure"
)

func TestOutcomesAreWrittenWhole(t *testing.T) {
	t.Parallel()
	b := setup(t)
	hosted := b.host(t, "// 1")
	failed := &execution.Error{
		Kind: execution.ScriptError, Name: "TypeError", Message: "no \x00 such thing", Line: 3, Column: 7, Stack: "at f (script.js:3:7)",
	}
	logs := []execution.LogEntry{{Level: "log", Message: "a\x00b <é>"}, {Level: "error", Message: ""}}
	for name, outcome := range map[string]execution.Outcome{
		"completed": {Output: []byte(`{"b":1,"a":2}`), Logs: logs, RunTime: 1499 * time.Microsecond},
		"failed":    {Err: failed, Logs: logs, RunTime: 2 * time.Second},
		"bare":      {Output: []byte(`null`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id := b.accept(t, hosted, `[1]`).ID
			b.finish(t, b.begin(t, id), outcome)
			got := b.get(t, id)
			if got.Status != outcome.Status() || got.CompletedAt == nil || got.StartedAt == nil || got.Attempt != 1 {
				t.Errorf("%+v", got)
			}
			if *got.RunTime != outcome.RunTime || *got.QueueTime < 0 || got.StartedAt.Before(got.CreatedAt) || got.CompletedAt.Before(*got.StartedAt) {
				t.Errorf("times: %+v", got)
			}
			if diff := cmp.Diff(outcome, execution.Outcome{Output: got.Output, Err: got.Error, Logs: got.Logs, RunTime: *got.RunTime}); diff != "" {
				t.Errorf("written and read differ:\n%s", diff)
			}
			if ms := scan[int64](t, b, `SELECT execution_time_ms FROM executions WHERE id = $1`, id); ms != outcome.RunTime.Round(time.Millisecond).Milliseconds() {
				t.Errorf("execution_time_ms is %d", ms)
			}
		})
	}
}

// Of two runs of one execution one counts, whichever of them was shown as begun, and nothing counts after it.
func TestOfTwoRunsOneCounts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	hosted := b.host(t, "// 1")
	quick, slow := execution.Outcome{Output: []byte(`"quick"`)}, execution.Outcome{Output: []byte(`"slow"`)}
	for name, c := range map[string]struct {
		slow, quick func(*testing.T, uuid.UUID) execution.Run // in the order of their beginning
		attempt     int
	}{
		"both shown":       {b.begin, b.begin, 2},
		"the first shown":  {b.begin, b.read, 2},
		"the second shown": {b.read, b.begin, 1},
		"none shown":       {b.read, b.read, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id := b.accept(t, hosted, `1`).ID
			first, second := c.slow(t, id), c.quick(t, id)
			if second.Attempt != c.attempt {
				t.Fatalf("the second run is number %d", second.Attempt)
			}
			if first.Attempt != second.Attempt || second.Shown {
				if _, err := b.executions.Finish(t.Context(), first, slow); second.Shown && !errors.Is(err, execution.ErrHandedOn) {
					t.Errorf("the overtaken run ended with %v", err)
				} else if !second.Shown && err != nil {
					t.Errorf("a run that nobody has overtaken yet ended with %v", err)
				}
			}
			wantEnd := error(nil)
			if first.Shown && !second.Shown {
				wantEnd = execution.ErrEnded // the first was quicker after all
			}
			if _, err := b.executions.Finish(t.Context(), second, quick); !errors.Is(err, wantEnd) {
				t.Errorf("the second run ended with %v, want %v", err, wantEnd)
			}
			written := b.get(t, id)
			for _, run := range []execution.Run{first, second} {
				if _, err := b.executions.Finish(t.Context(), run, slow); !errors.Is(err, execution.ErrEnded) {
					t.Errorf("one more outcome ended with %v", err)
				}
				if err := b.executions.Start(t.Context(), run); !errors.Is(err, execution.ErrEnded) {
					t.Errorf("one more start ended with %v", err)
				}
			}
			if diff := cmp.Diff(written, b.get(t, id)); diff != "" {
				t.Errorf("an execution changed after its end:\n%s", diff)
			}
		})
	}
}

func TestUnknownExecutions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, getErr := b.executions.Get(t.Context(), uuid.New())
	_, taskErr := b.executions.Task(t.Context(), execution.Queued{ID: uuid.New()})
	for _, err := range []error{getErr, taskErr} {
		if failure.KindOf(err) != failure.NotFound {
			t.Errorf("unknown execution: %v", err)
		}
	}
}

// Whatever ends a job without its worker ends the execution, and nothing else does.
func TestExecutionsFollowTheirJobs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	hosted := b.host(t, "// 1")
	for name, c := range map[string]struct {
		sql  string
		want execution.Status
	}{
		"cancelled": {`UPDATE river_job SET state = 'cancelled', finalized_at = now()`, execution.Cancelled},
		"discarded": {`UPDATE river_job SET state = 'discarded', finalized_at = now()`, execution.Failed},
		"deleted":   {`DELETE FROM river_job`, execution.Cancelled},
		"retried":   {`UPDATE river_job SET state = 'retryable'`, execution.Running},
		"completed": {`UPDATE river_job SET state = 'completed', finalized_at = now()`, execution.Running},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id := b.accept(t, hosted, `1`).ID
			b.begin(t, id)
			if _, err := b.pool.Exec(t.Context(), c.sql+` WHERE args ->> 'execution_id' = $1`, id.String()); err != nil {
				t.Fatal(err)
			}
			got := b.get(t, id)
			if got.Status != c.want || (got.CompletedAt != nil) != c.want.Terminal() || (got.ErrorMessage != "") != c.want.Terminal() {
				t.Errorf("%+v", got)
			}
			if c.want == execution.Failed && got.Error.Kind != execution.Internal {
				t.Errorf("the script is blamed: %+v", got.Error)
			}
		})
	}
}

func TestEndedExecutionsDoNotFollowTheirJobs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.accept(t, b.host(t, "// 1"), `1`).ID
	b.finish(t, b.begin(t, id), execution.Outcome{Output: []byte(`1`)})
	for _, sql := range []string{
		`UPDATE river_job SET state = 'cancelled', finalized_at = now()`,
		`UPDATE river_job SET state = 'completed'`,
		`DELETE FROM river_job`,
	} {
		if _, err := b.pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
		if got := b.get(t, id); got.Status != execution.Completed || string(got.Output) != `1` {
			t.Errorf("after %s: %+v", sql, got)
		}
	}
}

// The database knows exactly the states and kinds that the code knows.
func TestTheDatabaseKnowsTheStatesAndKinds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	insert := func(status, kind string) error {
		_, err := b.pool.Exec(t.Context(), `INSERT INTO executions (id, script_id, script_version, status, error_kind, started_at, completed_at)
			VALUES ($1, $1, 1, $2::text, nullif($3::text, ''), now(), CASE WHEN $2::text IN ('completed', 'failed', 'cancelled') THEN now() END)`,
			uuid.Must(uuid.NewV7()), status, kind)
		return err
	}
	for _, status := range execution.Statuses {
		kind := ""
		if status == execution.Failed {
			kind = "internal"
		}
		if err := insert(string(status), kind); err != nil {
			t.Errorf("state %s: %v", status, err)
		}
	}
	for _, kind := range execution.ErrorKinds {
		if err := insert("failed", string(kind)); err != nil {
			t.Errorf("kind %s: %v", kind, err)
		}
	}
	for _, wrong := range [][2]string{{"done", ""}, {"failed", ""}, {"failed", "bad-luck"}, {"completed", "internal"}, {"Pending", ""}} {
		if err := insert(wrong[0], wrong[1]); err == nil {
			t.Errorf("the database takes %v", wrong)
		}
	}
}

func TestPartitionsAreMadeAhead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	at := time.Date(2031, 11, 30, 23, 59, 59, 0, time.UTC)
	if made, err := b.executions.MakePartitions(t.Context(), at); err != nil || made != 4 {
		t.Fatalf("made %d (%v), want this month and the three that follow", made, err)
	}
	if made, err := b.executions.MakePartitions(t.Context(), at); err != nil || made != 0 {
		t.Errorf("made %d again (%v)", made, err)
	}
	for _, c := range []struct {
		at   time.Time
		want string
	}{
		{time.Date(2031, 11, 30, 23, 59, 59, 999e6, time.UTC), "executions_2031_11"},
		{time.Date(2031, 12, 1, 0, 0, 0, 0, time.UTC), "executions_2031_12"},
		{time.Date(2032, 2, 29, 12, 0, 0, 0, time.UTC), "executions_2032_02"},
		{time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC), "executions_other"},
		{time.Unix(0, 0), "executions_other"},
		{time.Now(), "executions_" + time.Now().UTC().Format("2006_01")},
	} {
		id := idOf(c.at)
		if _, err := b.pool.Exec(t.Context(), `INSERT INTO executions (id, script_id, script_version) VALUES ($1, $1, 1)`, id); err != nil {
			t.Fatal(err)
		}
		if got := scan[string](t, b, `SELECT tableoid::regclass::text FROM executions WHERE id = $1`, id); got != c.want {
			t.Errorf("an execution of %s is in %s, want %s", c.at, got, c.want)
		}
	}
}

// Runs are shown and ended wherever their execution is: in a month, in the partition for all others, or nowhere any more.
func TestRunsAreWrittenInEveryMonth(t *testing.T) {
	t.Parallel()
	b := setup(t)
	hosted := b.host(t, "// 1")
	if _, err := b.executions.MakePartitions(t.Context(), time.Date(2035, 1, 1, 0, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	runs := map[uuid.UUID]execution.Run{}
	var written sync.WaitGroup
	for _, at := range []time.Time{
		time.Now(), time.Date(2035, 1, 31, 0, 0, 0, 0, time.UTC), time.Date(2035, 2, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2035, 2, 28, 0, 0, 0, 0, time.UTC), time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC), time.Unix(0, 0),
	} {
		id := idOf(at)
		if _, err := b.pool.Exec(t.Context(), `INSERT INTO executions (id, script_id, script_version, input_json, input_data)
			VALUES ($1, $2, 1, '1', '1')`, id, hosted.ID); err != nil {
			t.Fatal(err)
		}
		runs[id] = b.begin(t, id)
	}
	for id, run := range runs {
		written.Go(func() {
			if _, err := b.executions.Finish(t.Context(), run, execution.Outcome{Output: []byte(`"` + id.String() + `"`)}); err != nil {
				t.Error(err)
			}
		})
	}
	written.Wait()
	for id := range runs {
		if got := b.get(t, id); got.Status != execution.Completed || string(got.Output) != `"`+id.String()+`"` {
			t.Errorf("%+v", got)
		}
	}

	gone := idOf(time.Date(2035, 1, 2, 0, 0, 0, 0, time.UTC))
	if _, err := b.pool.Exec(t.Context(), `INSERT INTO executions (id, script_id, script_version, input_json, input_data)
		VALUES ($1, $2, 1, '1', '1')`, gone, hosted.ID); err != nil {
		t.Fatal(err)
	}
	run := b.begin(t, gone)
	if _, err := b.pool.Exec(t.Context(), `DROP TABLE executions_2035_01`); err != nil {
		t.Fatal(err)
	}
	if _, err := b.executions.Finish(t.Context(), run, execution.Outcome{Output: []byte(`1`)}); !errors.Is(err, execution.ErrEnded) {
		t.Errorf("of an execution that is gone: %v", err)
	}
}

// Executions are read wherever they are.
func TestExecutionsAreReadInEveryMonth(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, year := range []int{2034, 2035} {
		b.exec(t, `SELECT executions_make_partitions($1, 0)`, time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC))
	}
	ids := map[int]uuid.UUID{}
	for _, year := range []int{1970, 2034, 2035, 2090} {
		ids[year] = idOf(time.Date(year, 1, 15, 0, 0, 0, 0, time.UTC))
		b.exec(t, `INSERT INTO executions (id, script_id, script_version, input_json, input_data) VALUES ($1, $1, 1, $2::text::json, $2::text::jsonb)`,
			ids[year], fmt.Sprint(year))
	}
	read := func(year int) {
		t.Helper()
		if got := b.get(t, ids[year]); string(got.Input) != fmt.Sprint(year) {
			t.Errorf("of %d: %+v", year, got)
		}
	}
	for range 3 {
		for year := range ids {
			read(year)
		}
	}
	for _, year := range []int{2034, 2060} {
		if _, err := b.executions.Get(t.Context(), idOf(time.Date(year, 1, 16, 0, 0, 0, 0, time.UTC))); failure.KindOf(err) != failure.NotFound {
			t.Errorf("nobody's of %d: %v", year, err)
		}
	}

	b.exec(t, `DROP TABLE executions_2034_01`)
	if _, err := b.executions.Get(t.Context(), ids[2034]); failure.KindOf(err) != failure.NotFound {
		t.Errorf("of a month that was dropped: %v", err)
	}
	read(2035)
}

// A drop that has the whole table, or waits for it behind a dump, holds up neither who reads nor who works, nor who accepts.
func TestADropHoldsUpNobody(t *testing.T) {
	t.Parallel()
	b := setup(t)
	hosted := b.host(t, "// 1")
	b.exec(t, `SELECT executions_make_partitions('2020-01-01', 0)`)
	whole, _, _ := b.beginsHere(&execution.Early{Run: execution.Run{Begun: time.Now()}, Version: 1, Outcome: execution.Outcome{Output: []byte(`2`)}})
	lives := func() {
		t.Helper()
		accepted, other := b.accept(t, hosted, `[1]`), b.accept(t, hosted, `[2]`)
		run := b.begin(t, accepted.ID)
		b.read(t, other.ID)
		b.finish(t, run, execution.Outcome{Output: []byte(`2`)})
		if status, err := b.executions.Status(t.Context(), accepted.ID); status != execution.Completed || err != nil {
			t.Errorf("it is %s (%v)", status, err)
		}
		if got := b.get(t, accepted.ID); string(got.Output) != "2" {
			t.Errorf("%+v", got)
		}
		request := execution.Request{ScriptID: hosted.ID, Input: []byte(`1`)}
		if ended, err := whole.Accept(t.Context(), request); err != nil || ended.Status != execution.Pending {
			t.Errorf("%+v (%v)", ended, err)
		}
	}
	lives()

	// Not of the pool: its connections have seen the month, as those of a service have. One that has not waits when it accepts.
	tx, err := b.connect(t).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `DROP TABLE executions_2020_01`); err != nil {
		t.Fatal(err)
	}
	lives()
}

// Executions whose ids are far ahead wait in the partition for all others until their month is made, which takes them in.
func TestPartitionsTakeInWhatWasAhead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	at := time.Date(2033, 5, 31, 23, 0, 0, 0, time.UTC)
	ids := []uuid.UUID{idOf(at), idOf(at.AddDate(0, 0, 1)), idOf(at.AddDate(1, 0, 0))}
	for _, id := range ids {
		if _, err := b.pool.Exec(t.Context(), `INSERT INTO executions (id, script_id, script_version, status, input_json, input_data, started_at, completed_at)
			VALUES ($1, $1, 1, 'cancelled', '{"b": 1, "a": 2}', '{"b": 1, "a": 2}', now(), now())`, id); err != nil {
			t.Fatal(err)
		}
	}
	const rows = `SELECT string_agg(e::text, E'\n' ORDER BY id) FROM executions e`
	before := scan[string](t, b, rows)
	if made, err := b.executions.MakePartitions(t.Context(), at); err != nil || made != 4 {
		t.Fatalf("made %d (%v)", made, err)
	}
	if after := scan[string](t, b, rows); after != before {
		t.Errorf("the rows are now\n%s\nwere\n%s", after, before)
	}
	for i, want := range []string{"executions_2033_05", "executions_2033_06", "executions_other"} {
		if got := scan[string](t, b, `SELECT tableoid::regclass::text FROM executions WHERE id = $1`, ids[i]); got != want {
			t.Errorf("%s is in %s, want %s", ids[i], got, want)
		}
	}
	if n := scan[int](t, b, `SELECT count(*) FROM pg_indexes WHERE tablename = 'executions_2033_05'`); n != scan[int](t, b, `SELECT count(*) FROM pg_indexes WHERE tablename = 'executions_other'`) {
		t.Errorf("the month has %d indexes", n)
	}

	// More of them than can be moved in a moment keep their month from being made, but not the others.
	if _, err := b.pool.Exec(t.Context(), `INSERT INTO executions (id, script_id, script_version)
		SELECT (substr(uuidv7_floor('2034-01-15Z')::text, 1, 24) || lpad(i::text, 12, '0'))::uuid, $1, 1 FROM generate_series(1, 50001) i`, ids[0]); err != nil {
		t.Fatal(err)
	}
	if made, err := b.executions.MakePartitions(t.Context(), time.Date(2033, 12, 1, 0, 0, 0, 0, time.UTC)); err != nil || made != 3 {
		t.Errorf("made %d (%v), want the three months that are not crowded", made, err)
	}
	if n := scan[int](t, b, `SELECT count(*) FROM executions_other WHERE id >= uuidv7_floor('2034-01-01Z') AND id < uuidv7_floor('2034-02-01Z')`); n != 50001 {
		t.Errorf("%d of 50001 are left where they were", n)
	}
}

// idOf makes a UUIDv7 of a moment.
func idOf(at time.Time) uuid.UUID {
	id := uuid.Must(uuid.NewV7())
	ms := fmt.Sprintf("%012x", at.UnixMilli())
	return uuid.MustParse(ms[:8] + "-" + ms[8:] + id.String()[13:])
}
