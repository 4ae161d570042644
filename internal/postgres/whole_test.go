package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"peneira/internal/access"
	"peneira/internal/execution"
	"peneira/internal/failure"
	"peneira/internal/script"
)

// An execution that ended before it was accepted is written as if it had gone the long way, and nobody is told to work.
func TestAcceptWhole(t *testing.T) {
	t.Parallel()
	b := setup(t)
	hosted := b.host(t, "// 1")
	for name, outcome := range map[string]execution.Outcome{
		"completed": {Output: []byte(`{"b": 1, "a": "\u0000"}`), RunTime: 1234 * time.Microsecond, Logs: []execution.LogEntry{{Level: "log", Message: "x"}}},
		"failed":    {Err: &execution.Error{Kind: execution.ScriptError, Name: "Error", Message: "x", Line: 1}, RunTime: time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rerun := b.accept(t, hosted, `1`).ID
			run := execution.Run{Begun: time.Now().Add(-time.Hour), Input: []byte(`[1]`)}
			executions, endings, starter := b.beginsHere(&execution.Early{Run: run, Version: 1, Outcome: outcome})
			ctx := access.With(t.Context(), &access.Caller{RequestID: "request-" + name})
			accepted, err := executions.Accept(ctx, execution.Request{ScriptID: hosted.ID, Input: []byte(`[1]`), RerunOf: rerun})
			if err != nil || accepted.Status != execution.Pending || accepted.ScriptVersion != 1 || accepted.RerunOf.UUID != rerun {
				t.Fatalf("%+v, %v", accepted, err)
			}
			id := accepted.ID
			// Another goes the long way, and comes to the same.
			long := b.rerun(t, hosted, rerun)
			longRun := b.take(t, long)
			longRun.Begun = run.Begun
			b.finish(t, longRun, outcome)
			const same = `SELECT count(DISTINCT concat_ws('|', script_id, script_version, status, attempt, input_json, input_data, input_bytes, rerun_of,
				output_json, output_data, output_bytes, error_kind, error_message, error_json, logs_json, unsuccessful, execution_time_ms, execution_time_us,
				queue_time_ms)) FROM executions WHERE id IN ($1, $2)`
			if scan[int](t, b, same, id, long) != 1 {
				t.Errorf("%+v\n%+v", b.get(t, id), b.get(t, long))
			}
			const sameJob = `SELECT count(DISTINCT to_jsonb(j) - '{id,args,created_at,scheduled_at,attempted_at,finalized_at}'::text[])
				FROM river_job j WHERE args ->> 'execution_id' IN ($1, $2)`
			if scan[int](t, b, sameJob, id.String(), long.String()) != 1 {
				t.Error("the jobs differ")
			}
			const times = `SELECT e.created_at = e.started_at AND e.started_at < e.completed_at AND e.queue_time_ms = 0
				AND j.created_at = e.created_at AND j.scheduled_at = e.created_at AND j.attempted_at = e.started_at AND j.finalized_at >= e.started_at
				FROM executions e JOIN river_job j ON j.args ->> 'execution_id' = e.id::text WHERE e.id = $1`
			if !scan[bool](t, b, times, id) {
				t.Error("its times do not fit")
			}
			if scan[int](t, b, "SELECT count(*) FROM audit_log WHERE request_id = $1 AND subject = $2 AND action = 'execution.rerun'", "request-"+name, id.String()) != 1 {
				t.Error("the audit log does not tell of it")
			}
			told, there := endings.Recent(id)
			if got := b.get(t, id); !there || fmt.Sprintf("%+v", told) != fmt.Sprintf("%+v", got) {
				t.Errorf("told %+v\n of %+v", told, got)
			}
			if starter.left != 1 || len(starter.waited) != 1 || starter.waited[0] != 0 || len(starter.settled) > 0 {
				t.Errorf("left %d times, written %v, settled %v", starter.left, starter.waited, starter.settled)
			}
		})
	}
}

func (b bundle) rerun(t *testing.T, of script.Script, earlier uuid.UUID) uuid.UUID {
	t.Helper()
	accepted, err := b.executions.Accept(t.Context(), execution.Request{ScriptID: of.ID, Input: []byte(`[1]`), RerunOf: earlier})
	if err != nil {
		t.Fatal(err)
	}
	return accepted.ID
}

// An execution that cannot be written as it ran, or not all at once, is accepted like any other, or refused like any other.
func TestAcceptWhatCannotBeWhole(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil   string // SQL of the script with id $1
		version int    // that is asked for
		kind    failure.Kind
	}{
		"another is current": {spoil: `UPDATE scripts SET current_version = 2 WHERE id = $1`},
		"another is asked":   {spoil: `SELECT $1::uuid`, version: 2},
		"paused":             {spoil: `INSERT INTO river_queue (name, updated_at, paused_at) SELECT 'executions', now(), now() FROM scripts WHERE id = $1`},
		"refused by a rule":  {spoil: `WITH s AS (SELECT $1::uuid) INSERT INTO closed SELECT`},
		"no script":          {spoil: `UPDATE scripts SET deleted_at = now() WHERE id = $1`, kind: failure.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.exec(t, `CREATE TABLE closed ()`)
			b.exec(t, `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
				$$BEGIN IF EXISTS (SELECT FROM closed) THEN RAISE 'refused'; END IF; RETURN NEW; END$$`)
			b.exec(t, `CREATE TRIGGER refuse BEFORE INSERT ON executions FOR EACH ROW WHEN (NEW.status <> 'pending') EXECUTE FUNCTION refuse()`)
			hosted := b.host(t, "// 1")
			b.exec(t, `INSERT INTO script_versions SELECT (v).* FROM (
				SELECT jsonb_populate_record(v, '{"number": 2}') AS v FROM script_versions v WHERE script_id = $1) AS copied`, hosted.ID)
			b.exec(t, c.spoil, hosted.ID)
			executions, _, starter := b.beginsHere(&execution.Early{
				Run: execution.Run{Begun: time.Now()}, Version: 1, Outcome: execution.Outcome{Output: []byte(`2`)},
			})
			id := uuid.Must(uuid.NewV7())
			accepted, err := executions.Accept(t.Context(), execution.Request{ID: id, ScriptID: hosted.ID, Version: c.version, Input: []byte(`1`)})
			if failure.KindOf(err) != c.kind {
				t.Fatalf("%+v, %v", accepted, err)
			}
			if starter.left != 1 || len(starter.waited) > 0 || len(starter.settled) != 1 {
				t.Errorf("left %d times, written %v, settled %v", starter.left, starter.waited, starter.settled)
			}
			if err != nil {
				return
			}
			const queued = `SELECT j.state = 'available' AND e.status = 'pending' FROM executions e JOIN river_job j ON j.args ->> 'execution_id' = e.id::text WHERE e.id = $1`
			if !scan[bool](t, b, queued, id) || starter.settled[id][0] != int64(accepted.ScriptVersion) {
				t.Errorf("%+v is not queued; settled %v", b.get(t, id), starter.settled)
			}
		})
	}
}

// The id of an execution is that of no other, which stays as it is.
func TestAcceptWholeTwice(t *testing.T) {
	t.Parallel()
	b := setup(t)
	hosted := b.host(t, "// 1")
	executions, _, starter := b.beginsHere(&execution.Early{Run: execution.Run{Begun: time.Now()}, Version: 1, Outcome: execution.Outcome{Output: []byte(`2`)}})
	request := execution.Request{ID: uuid.Must(uuid.NewV7()), ScriptID: hosted.ID, Input: []byte(`1`)}
	if _, err := executions.Accept(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	request.Input = []byte(`3`)
	if _, err := executions.Accept(t.Context(), request); failure.KindOf(err) != failure.Conflict {
		t.Errorf("got %v", err)
	}
	if got := b.get(t, request.ID); string(got.Input) != `1` || got.Status != execution.Completed || starter.left != 2 {
		t.Errorf("%+v; left %d times", got, starter.left)
	}
	if jobs := scan[int](t, b, "SELECT count(*) FROM river_job"); jobs != 1 {
		t.Errorf("%d jobs", jobs)
	}
}
