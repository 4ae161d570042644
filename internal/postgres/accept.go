package postgres

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"

	"peneira/internal/access"
	"peneira/internal/batch"
	"peneira/internal/budget"
	"peneira/internal/execution"
	"peneira/internal/failure"
	"peneira/internal/postgres/internal/queries"
	"peneira/internal/script"
)

// JobOf gives the job that an execution is queued as.
type JobOf func(execution.Queued) execution.Job

// How executions are accepted together. What PostgreSQL does for each statement and transaction costs several times what
// it does for a row, so requests that come at the same time share both. Two flushes at once keep it busy while one of
// them commits; more would only make smaller groups.
const (
	acceptFlushers = 2
	acceptItems    = 256
	acceptBytes    = 8 << 20
)

// heavyBytes is from what size a payload goes in a lane of its own, so that large ones do not hold up small ones.
const heavyBytes = budget.Small

// accepting is an execution on its way in.
type accepting struct {
	id      uuid.UUID
	request execution.Request
	caller  access.Caller // whom the audit log names
	copied  sqlCopy
	begun   bool // whether its run has begun here, and goes on
}

func (s *Executions) newAcceptGroup() *batch.Group[accepting, execution.Execution] {
	return batch.New(batch.Config[accepting, execution.Execution]{
		Flush: s.acceptAll, Flushers: acceptFlushers, MaxItems: acceptItems,
		Bytes: func(a accepting) int { return len(a.request.Input) }, MaxBytes: acceptBytes, HeavyBytes: heavyBytes,
		InCaller: true, Observe: s.observer("accept"),
	})
}

// Accept inserts a pending execution and its job in one statement, which it may share with others. A worker may begin with
// it at once; when Accept returns without an error, it is durable, unless the request says that who asks waits. The execution
// it returns has no Input.
// It returns a failure of kind NotFound when there is no such script, or no such version of it, and one of kind Conflict
// when the request's id is that of an execution already.
func (s *Executions) Accept(ctx context.Context, request execution.Request) (execution.Execution, error) {
	id, err := idOrNew(request.ID)
	if err != nil {
		return execution.Execution{}, err
	}
	copied, err := copyForSQL(request.Input)
	if err != nil {
		return execution.Execution{}, err
	}
	a := accepting{id: id, request: request, caller: access.From(ctx), copied: copied}
	asked := time.Now()
	if quick := s.begin(&a); quick {
		if accepted, did, err := s.acceptWhole(ctx, &a, asked); did || err != nil {
			return accepted, err
		}
	}
	accepted, err := s.accepts.Do(ctx, a)
	if err != nil {
		s.settle(a, queries.InsertExecutionsRow{})
		return execution.Execution{}, err
	}
	return accepted, nil
}

// begin begins the run of an execution that is about to be accepted, if that can be done here at once. It reports whether
// the run is likely to end in a moment.
func (s *Executions) begin(a *accepting) (quick bool) {
	if s.headstarts == nil || len(a.request.Input) > getBytes {
		return false
	}
	a.begun, quick = s.headstarts.Begin(a.id, a.request)
	return quick
}

// Confirm returns when an execution that was accepted is durable. It returns a failure of kind Unavailable when the database
// has forgotten it in a crash.
func (s *Executions) Confirm(ctx context.Context, id uuid.UUID) error {
	there, err := s.confirm(ctx, id)
	if err == nil && !there {
		return errForgotten
	}
	return err
}

// errForgotten is what those get who asked for an execution that a crash of the database has forgotten.
var errForgotten = failure.New(failure.Unavailable, "database-unavailable",
	"The database restarted before the execution was stored, so it will not run. Send it again.")

// confirm reports whether an execution is there, and durable.
func (s *Executions) confirm(ctx context.Context, id uuid.UUID) (bool, error) {
	found, err := s.q.ConfirmExecution(ctx, s.pool, id)
	if err != nil {
		return false, translate(fmt.Errorf("confirm execution: %w", err))
	}
	return len(found) > 0, nil
}

// Accepted is Get for those who take its answer as the acknowledgement that the execution was accepted: it is durable, though
// it may have been accepted this moment.
func (s *Executions) Accepted(ctx context.Context, id uuid.UUID) (execution.Execution, error) {
	there, err := s.confirm(ctx, id)
	switch {
	case err != nil:
		return execution.Execution{}, err
	case !there:
		return execution.Execution{}, execution.NotFound(id)
	}
	return s.Get(ctx, id)
}

// acceptAll accepts some executions in one statement. If a row makes that fail, each is accepted alone, so that a bad
// one harms no other.
func (s *Executions) acceptAll(ctx context.Context, items []accepting) ([]batch.Result[execution.Execution], error) {
	results, err := s.acceptTogether(ctx, items)
	switch {
	case err == nil:
		return results, nil
	case len(items) > 1 && !unavailable(err):
		results = results[:0]
		for _, item := range items {
			item.begun = false // that is over
			one, err := s.acceptAll(ctx, []accepting{item})
			if err != nil {
				one = []batch.Result[execution.Execution]{{Err: err}}
			}
			results = append(results, one...)
		}
		return results, nil
	case refusedByJSONB(err) && items[0].copied.some():
		items[0].copied, items[0].begun = sqlCopy{}, false
		return s.acceptAll(ctx, items)
	case isDuplicate(err):
		return nil, execution.AlreadyAccepted(items[0].id)
	default:
		return nil, err
	}
}

func (s *Executions) acceptTogether(ctx context.Context, items []accepting) ([]batch.Result[execution.Execution], error) {
	ctx, cancel := context.WithTimeout(ctx, flushTime)
	defer cancel()
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, translate(fmt.Errorf("insert executions: %w", err))
	}
	defer conn.Release()
	for _, item := range items {
		s.fresh.expect(item.id, item.request.Input)
	}
	params := s.acceptParams(items)
	lowest, highest := bounds(params.Ids)
	rows, err := change(conn, &s.months, lowest, highest, func(db queries.DBTX) ([]queries.InsertExecutionsRow, error) {
		return s.q.InsertExecutions(ctx, db, params)
	})
	inserted := make(map[uuid.UUID]queries.InsertExecutionsRow, len(rows))
	if err == nil {
		for _, row := range rows {
			inserted[row.ID] = row
		}
	}
	for _, item := range items {
		s.settle(item, inserted[item.id])
	}
	if err != nil {
		return nil, translate(fmt.Errorf("insert executions: %w", err))
	}
	// Workers are at it already. The same session has to say that it is on the disk: another could be one with a server
	// that crashed and forgot since.
	if slices.ContainsFunc(items, func(a accepting) bool { _, there := inserted[a.id]; return there && !a.request.Waits }) {
		if err := s.q.FlushWAL(ctx, conn); err != nil {
			return nil, translate(fmt.Errorf("flush executions: %w", err))
		}
	}
	results := make([]batch.Result[execution.Execution], len(items))
	for i, item := range items {
		row, ok := inserted[item.id]
		if !ok {
			results[i].Err = s.whatIsMissing(ctx, conn, item.request)
			continue
		}
		results[i].Value = execution.Execution{
			ID: item.id, ScriptID: item.request.ScriptID, ScriptVersion: int(row.ScriptVersion),
			Status: execution.Status(row.Status), CreatedAt: row.CreatedAt,
			RerunOf: uuid.NullUUID{UUID: item.request.RerunOf, Valid: item.request.RerunOf != uuid.Nil},
		}
	}
	return results, nil
}

// settle tells the workers of this process how an execution was accepted; a row that is zero says that it was not.
func (s *Executions) settle(item accepting, row queries.InsertExecutionsRow) {
	if s.headstarts != nil {
		s.headstarts.Settle(item.id, item.request, int(row.ScriptVersion), row.JobID)
	}
	s.fresh.settle(item.id, item.request.ScriptID, int(row.ScriptVersion))
}

func (s *Executions) acceptParams(items []accepting) queries.InsertExecutionsParams {
	n := len(items)
	p := queries.InsertExecutionsParams{
		Begun:    []uuid.UUID{},
		RerunOfs: make([]uuid.UUID, n), KeyIds: make([]uuid.UUID, n), RequestIds: make([]string, n), Addresses: make([]string, n),
		Ids: make([]uuid.UUID, n), ScriptIds: make([]uuid.UUID, n), Versions: make([]int32, n),
		Inputs: make([][]byte, n), SameInJsonb: make([]bool, n), Copies: make([][]byte, n), InputBytes: make([]int32, n),
		JobQueues: make([]string, n), JobArgs: make([][]byte, n), JobMetadata: make([][]byte, n),
	}
	for i, item := range items {
		p.Ids[i], p.ScriptIds[i], p.Versions[i] = item.id, item.request.ScriptID, int32Of(item.request.Version)
		p.RerunOfs[i], p.InputBytes[i] = item.request.RerunOf, int32Of(len(item.request.Input))
		p.KeyIds[i], p.RequestIds[i] = item.caller.Key.ID, item.caller.RequestID
		if item.begun {
			p.Begun = append(p.Begun, item.id)
		}
		if item.caller.Address.IsValid() {
			p.Addresses[i] = item.caller.Address.String()
		}
		p.Inputs[i], p.SameInJsonb[i], p.Copies[i] = item.request.Input, item.copied.same, item.copied.other
		job := s.jobOf(execution.Queued{ID: item.id, InputBytes: len(item.request.Input), Trace: item.request.Trace})
		p.JobQueues[i], p.JobArgs[i], p.JobMetadata[i] = job.Queue, job.Args, job.Metadata
		p.JobKind, p.JobAttempts = job.Kind, int16(min(job.MaxAttempts, math.MaxInt16)) //nolint:gosec // it is in range
	}
	return p
}

// whatIsMissing returns why an execution was not inserted: a failure of kind NotFound.
func (s *Executions) whatIsMissing(ctx context.Context, db queries.DBTX, request execution.Request) error {
	exists, err := s.q.ScriptExists(ctx, db, request.ScriptID)
	switch {
	case err != nil:
		return translate(fmt.Errorf("look for script: %w", err))
	case !exists:
		return script.NotFound(request.ScriptID)
	default:
		return script.VersionNotFound(request.ScriptID, request.Version)
	}
}
