package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"peneira/internal/batch"
	"peneira/internal/execution"
	"peneira/internal/postgres/internal/queries"
	"peneira/internal/rawjson"
)

// finishing is an outcome on its way into the database, in the form it takes there.
type finishing struct {
	run                     execution.Run
	outcome                 execution.Outcome
	copied                  sqlCopy
	errorKind, errorMessage string
	errorJSON, logsJSON     []byte
}

func (s *Executions) newFinishGroup() *batch.Group[finishing, time.Duration] {
	return batch.New(batch.Config[finishing, time.Duration]{
		Flush: s.finishAll, Flushers: runFlushers, MaxItems: runItems,
		Bytes: func(f finishing) int { return len(f.outcome.Output) }, MaxBytes: runBytes, HeavyBytes: heavyBytes,
		Observe: s.observer("finish"),
	})
}

// Finish writes the outcome of a run and returns how long its execution had waited for the run to begin. It returns
// ErrEnded when the execution has a final state already, and ErrHandedOn when another run has begun since, or somebody has
// taken the job that this one was to take: then nothing is changed.
func (s *Executions) Finish(ctx context.Context, run execution.Run, outcome execution.Outcome) (time.Duration, error) {
	f := finishing{run: run, outcome: outcome}
	if err := f.prepare(); err != nil {
		return 0, err
	}
	return s.finishes.Do(ctx, f)
}

func (f *finishing) prepare() (err error) {
	if len(f.outcome.Logs) > 0 {
		if f.logsJSON, err = json.Marshal(f.outcome.Logs); err != nil {
			return fmt.Errorf("write logs: %w", err)
		}
	}
	if f.outcome.Err != nil {
		if f.errorJSON, err = json.Marshal(f.outcome.Err); err != nil {
			return fmt.Errorf("write error: %w", err)
		}
		f.errorKind, f.errorMessage = string(f.outcome.Err.Kind), textForSQL(f.outcome.Err.Error())
		return nil
	}
	f.copied, err = copyForSQL(f.outcome.Output)
	return err
}

// finishAll writes some outcomes in one statement. If a row makes that fail, each is written alone.
func (s *Executions) finishAll(ctx context.Context, items []finishing) ([]batch.Result[time.Duration], error) {
	results, err := s.finishTogether(ctx, items)
	switch {
	case err == nil:
		return results, nil
	case len(items) > 1 && !unavailable(err):
		results = results[:0]
		for _, item := range items {
			one, err := s.finishAll(ctx, []finishing{item})
			if err != nil {
				one = []batch.Result[time.Duration]{{Err: err}}
			}
			results = append(results, one...)
		}
		return results, nil
	case refusedByJSONB(err) && items[0].copied.some():
		items[0].copied = sqlCopy{}
		return s.finishAll(ctx, items)
	default:
		return nil, err
	}
}

func (s *Executions) finishTogether(ctx context.Context, items []finishing) ([]batch.Result[time.Duration], error) {
	ctx, cancel := context.WithTimeout(ctx, flushTime)
	defer cancel()
	for _, item := range items {
		s.tellEnding(item.run.ExecutionID)
	}
	params := finishParams(items)
	rows, err := change(s.pool, &s.months, params.Lowest, params.Highest, func(db queries.DBTX) ([]queries.FinishExecutionsRow, error) {
		return s.q.FinishExecutions(ctx, db, params)
	})
	if err != nil {
		for _, item := range items {
			s.tellNotEnded(item.run.ExecutionID)
		}
		return nil, translate(fmt.Errorf("finish executions: %w", err))
	}
	written := make(map[uuid.UUID]queries.FinishExecutionsRow, len(rows))
	for _, row := range rows {
		written[row.ID] = row
	}
	results := make([]batch.Result[time.Duration], len(items))
	for i, item := range items {
		row, ok := written[item.run.ExecutionID]
		if !ok || jobToTake(item.run) != row.Job {
			s.tellNotEnded(item.run.ExecutionID)
			results[i].Err = s.whyNot(ctx, item.run.ExecutionID)
			continue
		}
		// Two runs of one execution may meet in a group: when it was handed on within this process, or when a worker took the
		// job that an early run was to take. Only one is written.
		delete(written, item.run.ExecutionID)
		results[i].Value = waitedFor(row)
		s.tellEnded(row, item)
	}
	return results, nil
}

// waitedFor returns how long an execution had waited for its run to begin.
func waitedFor(row queries.FinishExecutionsRow) time.Duration {
	if row.StartedAt == nil {
		return 0
	}
	return row.StartedAt.Sub(row.CreatedAt)
}

func (s *Executions) tellEnding(id uuid.UUID) {
	if s.ends != nil {
		s.ends.Ending(id)
	}
}

func (s *Executions) tellNotEnded(id uuid.UUID) {
	if s.ends != nil {
		s.ends.NotEnded(id)
	}
}

// tellEnded tells those of this process who wait that an execution has ended, as reading it would show it, so that they need
// not. Large payloads are left out.
func (s *Executions) tellEnded(row queries.FinishExecutionsRow, item finishing) {
	if s.ends == nil {
		return
	}
	runTime := item.outcome.RunTime.Microseconds()
	whole := queries.GetExecutionRow{
		ID: row.ID, ScriptID: row.ScriptID, ScriptVersion: row.ScriptVersion, Status: string(item.outcome.Status()),
		ErrorJSON: item.errorJSON, LogsJSON: item.logsJSON, Attempt: int32Of(item.run.Attempt), CreatedAt: row.CreatedAt,
		StartedAt: row.StartedAt, CompletedAt: row.CompletedAt, ExecutionTimeUs: &runTime, RerunOf: row.RerunOf,
	}
	if item.errorMessage != "" {
		whole.ErrorMessage = &item.errorMessage
	}
	if len(item.outcome.Output) <= getBytes {
		whole.OutputJSON = item.outcome.Output
	}
	if len(item.run.Input) <= getBytes {
		whole.InputJSON = item.run.Input
	}
	ended, err := executionOf(whole)
	if err != nil {
		s.ends.NotEnded(row.ID)
		return
	}
	s.ends.Ended(ended)
}

// jobToTake returns the number of the job that a run takes with its outcome; 0: none.
func jobToTake(run execution.Run) int64 {
	if run.Take == nil {
		return 0
	}
	return run.Take.Job
}

func finishParams(items []finishing) queries.FinishExecutionsParams {
	n := len(items)
	p := queries.FinishExecutionsParams{
		Ids: make([]uuid.UUID, n), Attempts: make([]int32, n), Seen: make([]int32, n), ElapsedUs: make([]int64, n),
		RunUs: make([]int64, n), Statuses: make([]string, n), Outputs: make([][]byte, n), SameInJsonb: make([]bool, n),
		Copies: make([][]byte, n), ErrorKinds: make([]string, n), ErrorMessages: make([]string, n), Errors: make([][]byte, n),
		Logs: make([][]byte, n), OutputBytes: make([]int32, n), Jobs: make([]int64, n),
	}
	for i, item := range items {
		p.Jobs[i] = jobToTake(item.run)
		if take := item.run.Take; take != nil {
			p.TakenBy = take.By
		}
		p.Ids[i], p.Attempts[i], p.Seen[i] = item.run.ExecutionID, int32Of(item.run.Attempt), int32Of(item.run.Attempt-1)
		if item.run.Shown {
			p.Seen[i]++
		}
		p.ElapsedUs[i], p.RunUs[i] = time.Since(item.run.Begun).Microseconds(), item.outcome.RunTime.Microseconds()
		p.Statuses[i], p.Outputs[i] = string(item.outcome.Status()), item.outcome.Output
		p.SameInJsonb[i], p.Copies[i] = item.copied.same, item.copied.other
		p.ErrorKinds[i], p.ErrorMessages[i] = item.errorKind, item.errorMessage
		p.Errors[i], p.Logs[i], p.OutputBytes[i] = item.errorJSON, item.logsJSON, int32Of(len(item.outcome.Output))
	}
	p.Lowest, p.Highest = bounds(p.Ids)
	return p
}

// sqlCopy says what stands in a JSONB column beside the JSON as written: the same, another value, or nothing.
type sqlCopy struct {
	same  bool
	other []byte
}

// some reports whether anything stands there.
func (c sqlCopy) some() bool { return c.same || c.other != nil }

// maxCopiedValues bounds what is copied to JSONB. PostgreSQL needs some 40 bytes of memory for each value while it makes
// one: 32 MiB of [0,0,0… took a backend 700 MB and seconds of its time. A payload of more values has no copy.
const maxCopiedValues = 4_000_000

// copyForSQL returns the copy of valid JSON that JSONB accepts.
func copyForSQL(data []byte) (sqlCopy, error) {
	info, err := rawjson.Inspect(data, rawjson.MaxDepth)
	if err != nil {
		return sqlCopy{}, fmt.Errorf("a payload is not valid JSON: %w", err)
	}
	if info.Values > maxCopiedValues {
		return sqlCopy{}, nil
	}
	copied := rawjson.JSONB(data, info)
	if len(copied) == len(data) && (len(data) == 0 || &copied[0] == &data[0]) {
		return sqlCopy{same: true}, nil
	}
	return sqlCopy{other: copied}, nil
}

// textForSQL makes a string fit for TEXT, which cannot hold U+0000 or broken UTF-8.
func textForSQL(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", "\uFFFD"), "\uFFFD")
}
