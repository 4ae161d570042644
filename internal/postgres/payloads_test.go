package postgres_test

import (
	"bytes"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"peneira/internal/execution"
	"peneira/internal/failure"
	"peneira/internal/postgres"
	"peneira/internal/script"
)

// hostKeeping hosts a script of a retention.
func (b bundle) hostKeeping(t *testing.T, keep script.Retention) script.Script {
	t.Helper()
	hosted, err := b.scripts.Create(t.Context(), script.Draft{Name: "a script", Content: "//", Retention: keep})
	if err != nil {
		t.Fatal(err)
	}
	return hosted
}

// ended accepts an execution and ends it, so long ago.
func (b bundle) ended(t *testing.T, of script.Script, age time.Duration, outcome execution.Outcome) uuid.UUID {
	t.Helper()
	id := b.acceptAged(t, of, age)
	b.finish(t, b.read(t, id), outcome)
	b.age(t, id, age)
	if _, err := b.pool.Exec(t.Context(), `UPDATE river_job SET state = 'completed', finalized_at = now()
		WHERE args ->> 'execution_id' = $1`, id.String()); err != nil {
		t.Fatal(err)
	}
	return id
}

// acceptAged accepts an execution under an id as it would have had so long ago.
func (b bundle) acceptAged(t *testing.T, of script.Script, age time.Duration) uuid.UUID {
	t.Helper()
	id := uuid.Must(uuid.NewV7())
	ms := time.Now().Add(-age).UnixMilli()
	for i := range 6 {
		id[i] = byte(ms >> (8 * (5 - i)))
	}
	if _, err := b.executions.Accept(t.Context(), execution.Request{ID: id, ScriptID: of.ID, Input: []byte(`{"secret":"in"}`)}); err != nil {
		t.Fatal(err)
	}
	return id
}

// age makes an execution so old.
func (b bundle) age(t *testing.T, id uuid.UUID, age time.Duration) {
	t.Helper()
	if _, err := b.pool.Exec(t.Context(), `UPDATE executions SET created_at = now() - $2::interval, started_at = now() - $2::interval,
		completed_at = now() - $2::interval WHERE id = $1`, id, age); err != nil {
		t.Fatal(err)
	}
}

func (b bundle) removeDue(t *testing.T) int {
	t.Helper()
	n, err := postgres.NewPayloads(b.pool).RemoveDue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

var (
	completed = execution.Outcome{Output: []byte(`{"secret":"out"}`), Logs: []execution.LogEntry{{Level: "log", Message: "secret in"}}}
	failed    = execution.Outcome{Err: &execution.Error{Kind: execution.ScriptError, Name: "secret", Message: "secret", Line: 3, Column: 4, Stack: "secret"}}
)

func TestPayloadsAreRemovedAfterTheirTimeAndTheRecordStays(t *testing.T) {
	t.Parallel()
	b := setup(t)
	both := b.hostKeeping(t, script.Retention{Input: seconds(60), Output: seconds(3600)})
	keeps := b.hostKeeping(t, script.Retention{})
	due, failedDue := b.ended(t, both, 10*time.Minute, completed), b.ended(t, both, 10*time.Minute, failed)
	old, fresh := b.ended(t, both, 2*time.Hour, completed), b.ended(t, both, time.Second, completed)
	pending := b.acceptAged(t, both, 3*time.Hour)
	kept := b.ended(t, keeps, 24*time.Hour, completed)

	if n := b.removeDue(t); n != 4 { // three inputs and one output
		t.Errorf("%d removed", n)
	}
	if n := b.removeDue(t); n != 0 {
		t.Errorf("%d removed again", n)
	}
	if e := b.get(t, due); e.Input != nil || !bytes.Equal(e.Output, completed.Output) || e.InputRemovedAt == nil || e.OutputRemovedAt != nil ||
		len(e.Logs) != 0 || e.Status != execution.Completed || e.RunTime == nil {
		t.Errorf("due: %+v", e)
	}
	if e := b.get(t, failedDue); e.Input != nil || e.Error == nil || e.Error.Kind != execution.ScriptError || e.Error.Line != 3 || e.Error.Column != 4 ||
		e.Error.Name != "" || e.Error.Stack != "" || e.Error.Message != "(removed with the data)" || e.ErrorMessage != e.Error.Message {
		t.Errorf("failed: %+v %+v", e, e.Error)
	}
	if e := b.get(t, old); e.Input != nil || e.Output != nil || e.OutputRemovedAt == nil {
		t.Errorf("old: %+v", e)
	}
	for name, id := range map[string]uuid.UUID{"fresh": fresh, "kept": kept} {
		if e := b.get(t, id); e.Input == nil || e.Output == nil || e.InputRemovedAt != nil || e.OutputRemovedAt != nil || len(e.Logs) != 1 {
			t.Errorf("%s: %+v", name, e)
		}
	}
	if n := scan[int](t, b, `SELECT count(*) FROM executions e WHERE id = ANY ($1) AND e::text LIKE '%secret%'`, []uuid.UUID{failedDue, old}); n != 0 {
		t.Error("something is left of a payload that was removed")
	}
	// One that waits is not touched, and what is past it is; it goes when it has ended.
	if e := b.get(t, pending); e.Input == nil {
		t.Error("the data of an execution that has not run is gone")
	}
	b.finish(t, b.read(t, pending), completed)
	b.age(t, pending, 2*time.Hour)
	if n := b.removeDue(t); n != 2 {
		t.Errorf("%d removed of the one that waited", n)
	}
}

// Thousands go in small transactions, by several processes at once, and what is done is not looked at again.
func TestManyPayloadsAreRemovedInBatches(t *testing.T) {
	t.Parallel()
	b := setup(t)
	of := b.hostKeeping(t, script.Retention{Input: seconds(0)})
	if _, err := b.pool.Exec(t.Context(), `INSERT INTO executions (id, script_id, script_version, status, input_json, created_at, started_at, completed_at)
		SELECT overlay(uuidv7_floor(at)::text PLACING lpad(to_hex(n), 12, '0') FROM 25)::uuid, $1, 1, 'completed', '{"a":1}', at, began, at
		FROM (SELECT n, now() - interval '1 day' + n * interval '1 second' AS at, now() - interval '1 day' AS began FROM generate_series(1, 3000) AS n) AS g`, of.ID); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if _, err := postgres.NewPayloads(b.pool).RemoveDue(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := scan[int](t, b, `SELECT count(*) FROM executions WHERE input_removed_at IS NULL OR input_json IS NOT NULL`); n != 0 {
		t.Errorf("%d are left", n)
	}
	if same := scan[bool](t, b, `SELECT done_to = (SELECT id FROM executions ORDER BY id DESC LIMIT 1) FROM payload_sweeps`); !same {
		t.Error("it is not noted how far the removal has come")
	}
	// A request that was sent again a day later is accepted under an old id. The daily look back finds it.
	late := b.ended(t, of, 30*time.Hour, completed)
	if n := b.removeDue(t); n != 0 {
		t.Errorf("%d removed behind what is done", n)
	}
	if _, err := b.pool.Exec(t.Context(), `UPDATE payload_sweeps SET looked_back_at = now() - interval '25 hours'`); err != nil {
		t.Fatal(err)
	}
	if n := b.removeDue(t); n != 1 || b.get(t, late).Input != nil {
		t.Errorf("%d removed when it looked back", n)
	}
	if back := scan[bool](t, b, `SELECT looked_back_at > now() - interval '1 hour' FROM payload_sweeps`); !back {
		t.Error("it is not noted that it looked back")
	}
}

func TestMonthsPastRetentionAreDropped(t *testing.T) {
	t.Parallel()
	b := setup(t)
	of := b.host(t, "//")
	now := time.Now().UTC()
	month := func(ago int) time.Time {
		return time.Date(now.Year(), now.Month()-time.Month(ago), 1, 0, 0, 0, 0, time.UTC)
	}
	if _, err := b.pool.Exec(t.Context(), `SELECT executions_make_partitions($1, 5)`, month(5)); err != nil {
		t.Fatal(err)
	}
	aged := func(ago int) time.Duration { return now.Sub(month(ago).Add(36 * time.Hour)) }
	old, waits, young := b.ended(t, of, aged(5), completed), b.acceptAged(t, of, aged(4)), b.ended(t, of, aged(2), completed)
	stray := b.ended(t, of, 30*365*24*time.Hour, completed)
	if in := scan[string](t, b, `SELECT tableoid::regclass::text FROM executions WHERE id = $1`, stray); in != "executions_other" {
		t.Fatalf("the stray is in %s", in)
	}

	dropped, err := b.executions.DropPartitions(t.Context(), month(2).Add(-time.Second)) // within the month that ended then
	if err != nil || dropped != 1 {
		t.Fatalf("%d months dropped (%v)", dropped, err)
	}
	dropped, err = b.executions.DropPartitions(t.Context(), month(2))
	if err != nil || dropped != 1 { // the third; in the fourth one waits
		t.Fatalf("%d months dropped (%v)", dropped, err)
	}
	for id, want := range map[uuid.UUID]int{old: 0, stray: 0, waits: 1, young: 1} {
		if n := scan[int](t, b, `SELECT count(*) FROM executions WHERE id = $1`, id); n != want {
			t.Errorf("%s: %d rows, want %d", id, n, want)
		}
	}
	if _, err := b.pool.Exec(t.Context(), `UPDATE river_job SET state = 'cancelled', finalized_at = now() WHERE state = 'available'`); err != nil {
		t.Fatal(err)
	}
	if dropped, err = b.executions.DropPartitions(t.Context(), month(2)); err != nil || dropped != 1 {
		t.Fatalf("%d months dropped once the execution had ended (%v)", dropped, err)
	}
}

// Somebody who reads, such as pg_dump, keeps a month from being dropped for hours: then it is for the next upkeep, and nobody
// waits behind the drop.
func TestADumpPutsTheDropOff(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if _, err := b.pool.Exec(t.Context(), `SELECT executions_make_partitions('2020-01-01', 0)`); err != nil {
		t.Fatal(err)
	}
	tx, err := b.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	if _, err := tx.Exec(t.Context(), `LOCK TABLE executions IN ACCESS SHARE MODE`); err != nil {
		t.Fatal(err)
	}
	before := time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)
	if n, err := b.executions.DropPartitions(t.Context(), before); failure.KindOf(err) != failure.Unavailable || n != 0 {
		t.Errorf("%d dropped under a lock (%v)", n, err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := b.executions.DropPartitions(t.Context(), before); err != nil || n != 1 {
		t.Errorf("%d dropped (%v)", n, err)
	}
}
