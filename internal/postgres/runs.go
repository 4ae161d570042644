package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"peneira/internal/batch"
	"peneira/internal/execution"
	"peneira/internal/failure"
	"peneira/internal/postgres/internal/queries"
)

// How runs are read and written together; see acceptFlushers for why.
const (
	runFlushers = 2
	runItems    = 256
	runBytes    = 8 << 20
)

func (s *Executions) newTaskGroup() *batch.Group[execution.Queued, execution.Task] {
	return batch.New(batch.Config[execution.Queued, execution.Task]{
		Flush: s.readTasks, Flushers: runFlushers, MaxItems: runItems,
		Bytes: func(q execution.Queued) int { return q.InputBytes }, MaxBytes: runBytes, HeavyBytes: heavyBytes,
		Observe: s.observer("task"),
	})
}

func (s *Executions) newStatusGroup() *batch.Group[uuid.UUID, execution.Status] {
	return batch.New(batch.Config[uuid.UUID, execution.Status]{Flush: s.readStatuses, Flushers: runFlushers, MaxItems: runItems, Observe: s.observer("status")})
}

func (s *Executions) newStartGroup() *batch.Group[execution.Run, struct{}] {
	return batch.New(batch.Config[execution.Run, struct{}]{Flush: s.startAll, Flushers: 1, MaxItems: runItems, Observe: s.observer("start")})
}

// Task returns what is needed to run an execution. It returns a failure of kind NotFound when there is none. What may have
// changed since it was accepted here is that it was cancelled, which its worker is told when it begins to run.
func (s *Executions) Task(ctx context.Context, queued execution.Queued) (execution.Task, error) {
	if queued.Untouched {
		if task, there := s.fresh.take(ctx, queued.ID); there {
			return task, nil
		}
	}
	return s.tasks.Do(ctx, queued)
}

func (s *Executions) readTasks(ctx context.Context, items []execution.Queued) ([]batch.Result[execution.Task], error) {
	ctx, cancel := context.WithTimeout(ctx, flushTime)
	defer cancel()
	ids := make([]uuid.UUID, len(items))
	for i, item := range items {
		ids[i] = item.ID
	}
	lowest, highest := bounds(ids)
	rows, err := read(s.pool, &s.months, lowest, highest, func(db queries.DBTX) ([]queries.GetExecutionTasksRow, error) {
		return s.q.GetExecutionTasks(ctx, db, queries.GetExecutionTasksParams{Ids: ids, Lowest: lowest, Highest: highest})
	})
	if err != nil {
		return nil, translate(fmt.Errorf("read tasks: %w", err))
	}
	found := make(map[uuid.UUID]execution.Task, len(rows))
	for _, row := range rows {
		found[row.ID] = execution.Task{
			ScriptID: row.ScriptID, ScriptVersion: int(row.ScriptVersion), Status: execution.Status(row.Status),
			Attempt: int(row.Attempt), Input: row.InputJSON,
		}
	}
	return resultsOf(ids, found, itself), nil
}

// Start shows a run as begun: its execution becomes running. It returns ErrEnded when the execution is in a final state,
// and ErrHandedOn when another run of it has begun: then nothing is changed.
func (s *Executions) Start(ctx context.Context, run execution.Run) error {
	_, err := s.starts.Do(ctx, run)
	return err
}

func (s *Executions) startAll(ctx context.Context, runs []execution.Run) ([]batch.Result[struct{}], error) {
	ctx, cancel := context.WithTimeout(ctx, flushTime)
	defer cancel()
	n := len(runs)
	params := queries.StartExecutionsParams{Ids: make([]uuid.UUID, n), Attempts: make([]int32, n), ElapsedUs: make([]int64, n)}
	for i, run := range runs {
		params.Ids[i], params.Attempts[i] = run.ExecutionID, int32Of(run.Attempt)
		params.ElapsedUs[i] = time.Since(run.Begun).Microseconds()
	}
	params.Lowest, params.Highest = bounds(params.Ids)
	ids, err := change(s.pool, &s.months, params.Lowest, params.Highest, func(db queries.DBTX) ([]uuid.UUID, error) {
		return s.q.StartExecutions(ctx, db, params)
	})
	if err != nil {
		return nil, translate(fmt.Errorf("start executions: %w", err))
	}
	started := make(map[uuid.UUID]bool, len(ids))
	for _, id := range ids {
		started[id] = true
	}
	results := make([]batch.Result[struct{}], n)
	for i, run := range runs {
		if !started[run.ExecutionID] {
			results[i].Err = s.whyNot(ctx, run.ExecutionID)
		}
	}
	return results, nil
}

// Status returns the state of an execution. It returns a failure of kind NotFound when there is none.
func (s *Executions) Status(ctx context.Context, id uuid.UUID) (execution.Status, error) {
	return s.statuses.Do(ctx, id)
}

func (s *Executions) readStatuses(ctx context.Context, ids []uuid.UUID) ([]batch.Result[execution.Status], error) {
	ctx, cancel := context.WithTimeout(ctx, flushTime)
	defer cancel()
	lowest, highest := bounds(ids)
	rows, err := read(s.pool, &s.months, lowest, highest, func(db queries.DBTX) ([]queries.GetExecutionStatusesRow, error) {
		return s.q.GetExecutionStatuses(ctx, db, queries.GetExecutionStatusesParams{Ids: ids, Lowest: lowest, Highest: highest})
	})
	if err != nil {
		return nil, translate(fmt.Errorf("read statuses: %w", err))
	}
	found := make(map[uuid.UUID]execution.Status, len(rows))
	for _, row := range rows {
		found[row.ID] = execution.Status(row.Status)
	}
	return resultsOf(ids, found, itself), nil
}

// whyNot returns why a run could not be written: ErrEnded or ErrHandedOn.
func (s *Executions) whyNot(ctx context.Context, id uuid.UUID) error {
	status, err := s.Status(ctx, id)
	switch {
	case failure.KindOf(err) == failure.NotFound:
		return execution.ErrEnded // dropped by retention
	case err != nil:
		return err
	case status.Terminal():
		return execution.ErrEnded
	default:
		return execution.ErrHandedOn
	}
}
