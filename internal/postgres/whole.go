package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"peneira/internal/batch"
	"peneira/internal/execution"
	"peneira/internal/postgres/internal/queries"
)

// whole is an execution whose run ended before it was accepted, so that one statement writes all of it.
type whole struct {
	accepting
	finishing

	early execution.Early
	asked time.Time // when it was asked for
}

// newWholeGroup returns the group that writes them. It gives nil for one that is to be accepted like any other.
func (s *Executions) newWholeGroup() *batch.Group[whole, *queries.InsertEndedExecutionsRow] {
	return batch.New(batch.Config[whole, *queries.InsertEndedExecutionsRow]{
		Flush: s.insertWhole, Flushers: acceptFlushers, MaxItems: acceptItems,
		Bytes:    func(w whole) int { return len(w.request.Input) + len(w.outcome.Output) },
		MaxBytes: acceptBytes, HeavyBytes: 2 * heavyBytes,
		InCaller: true, Observe: s.observer("whole"),
	})
}

// acceptWhole waits a few milliseconds for the end of a run that is likely to be quick, and accepts its execution together with
// its outcome. It reports false when it did not: then the execution is to be accepted like any other.
func (s *Executions) acceptWhole(ctx context.Context, a *accepting, asked time.Time) (accepted execution.Execution, did bool, err error) {
	early, ended := s.headstarts.Ended(ctx, a.id)
	if !ended {
		return execution.Execution{}, false, nil
	}
	defer early.Leave()
	a.begun = false // nobody will write it later
	w := whole{accepting: *a, finishing: finishing{run: early.Run, outcome: early.Outcome}, early: early, asked: asked}
	if err := w.prepare(); err != nil {
		return execution.Execution{}, false, err
	}
	row, err := s.wholes.Do(ctx, w)
	if err != nil || row == nil {
		return execution.Execution{}, false, err
	}
	return execution.Execution{
		ID: row.ID, ScriptID: row.ScriptID, ScriptVersion: int(row.ScriptVersion), Status: execution.Pending,
		CreatedAt: row.CreatedAt, RerunOf: row.RerunOf,
	}, true, nil
}

// insertWhole writes some in one statement. When PostgreSQL refuses that, none is written: whose row it was shows when each is
// accepted like any other.
func (s *Executions) insertWhole(ctx context.Context, items []whole) ([]batch.Result[*queries.InsertEndedExecutionsRow], error) {
	ctx, cancel := context.WithTimeout(ctx, flushTime)
	defer cancel()
	params := s.wholeParams(items)
	lowest, highest := bounds(params.Ids)
	rows, err := change(s.pool, &s.months, lowest, highest, func(db queries.DBTX) ([]queries.InsertEndedExecutionsRow, error) {
		return s.q.InsertEndedExecutions(ctx, db, params)
	})
	results := make([]batch.Result[*queries.InsertEndedExecutionsRow], len(items))
	if err != nil {
		if _, refused := errors.AsType[*pgconn.PgError](err); refused && !unavailable(err) {
			return results, nil
		}
		return nil, translate(fmt.Errorf("insert executions that have ended: %w", err))
	}
	inserted := make(map[uuid.UUID]queries.InsertEndedExecutionsRow, len(rows))
	for _, row := range rows {
		inserted[row.ID] = row
	}
	for i, item := range items {
		row, did := inserted[item.id]
		if !did {
			continue
		}
		results[i].Value = &row
		ended := queries.FinishExecutionsRow{
			ID: row.ID, ScriptID: row.ScriptID, ScriptVersion: row.ScriptVersion, CreatedAt: row.CreatedAt,
			StartedAt: row.StartedAt, CompletedAt: row.CompletedAt, RerunOf: row.RerunOf,
		}
		s.tellEnded(ended, item.finishing)
		item.early.Written(waitedFor(ended))
	}
	return results, nil
}

func (s *Executions) wholeParams(items []whole) queries.InsertEndedExecutionsParams {
	n := len(items)
	accepts, finishes := make([]accepting, n), make([]finishing, n)
	askedUs, ran := make([]int64, n), make([]int32, n)
	for i, item := range items {
		accepts[i], finishes[i] = item.accepting, item.finishing
		askedUs[i], ran[i] = time.Since(item.asked).Microseconds(), int32Of(item.early.Version)
	}
	a, f := s.acceptParams(accepts), finishParams(finishes)
	return queries.InsertEndedExecutionsParams{
		Ids: a.Ids, ScriptIds: a.ScriptIds, Versions: a.Versions, RanVersions: ran, RerunOfs: a.RerunOfs, AskedUs: askedUs,
		Inputs: a.Inputs, InputsSameInJsonb: a.SameInJsonb, InputCopies: a.Copies, InputBytes: a.InputBytes,
		ElapsedUs: f.ElapsedUs, RunUs: f.RunUs, Statuses: f.Statuses, Errors: f.Errors, ErrorKinds: f.ErrorKinds,
		ErrorMessages: f.ErrorMessages, Logs: f.Logs,
		Outputs: f.Outputs, OutputsSameInJsonb: f.SameInJsonb, OutputCopies: f.Copies, OutputBytes: f.OutputBytes,
		JobKind: a.JobKind, JobAttempts: a.JobAttempts, JobQueues: a.JobQueues, JobArgs: a.JobArgs, JobMetadata: a.JobMetadata,
		TakenBy: f.TakenBy, KeyIds: a.KeyIds, RequestIds: a.RequestIds, Addresses: a.Addresses,
	}
}
