package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"peneira/internal/batch"
	"peneira/internal/execution"
	"peneira/internal/postgres/internal/queries"
)

// Executions keeps executions, from their acceptance to their outcome. What many callers ask for at the same time it
// does together.
type Executions struct {
	pool    *pgxpool.Pool
	q       *queries.Queries
	enqueue Enqueue

	accepts  *batch.Group[accepting, execution.Execution]
	tasks    *batch.Group[execution.Queued, execution.Task]
	statuses *batch.Group[uuid.UUID, execution.Status]
	gets     *batch.Group[getting, queries.GetExecutionRow]
	starts   *batch.Group[execution.Run, struct{}]
	finishes *batch.Group[finishing, time.Duration]

	observeGroup func(group string, items int)
}

// NewExecutions returns the executions in the database behind pool. enqueue is needed only by Accept.
func NewExecutions(pool *pgxpool.Pool, enqueue Enqueue) *Executions {
	s := &Executions{pool: pool, q: queries.New(), enqueue: enqueue}
	s.accepts, s.tasks, s.starts, s.finishes = s.newAcceptGroup(), s.newTaskGroup(), s.newStartGroup(), s.newFinishGroup()
	s.statuses, s.gets = s.newStatusGroup(), s.newGetGroup()
	return s
}

// ObserveGroups has observe told how many items each group that is worked on together has. Groups are accept, task, start and
// finish. It is called before the first use.
func (s *Executions) ObserveGroups(observe func(group string, items int)) { s.observeGroup = observe }

// observer returns what a group of the given name is observed by.
func (s *Executions) observer(group string) func(items int) {
	return func(items int) {
		if s.observeGroup != nil {
			s.observeGroup(group, items)
		}
	}
}

// flushTime bounds the work for one group, so that a database that hangs is noticed.
const flushTime = 30 * time.Second

// List returns the executions that the filter chooses, newest first, without their payloads.
func (s *Executions) List(ctx context.Context, filter execution.Filter) ([]execution.Execution, error) {
	params := listParams(filter)
	var rows []queries.GetExecutionRow
	if filter.ScriptID == uuid.Nil {
		all, err := s.q.ListExecutions(ctx, s.pool, params)
		if err != nil {
			return nil, translate(fmt.Errorf("list executions: %w", err))
		}
		for _, row := range all {
			rows = append(rows, withoutPayloads(row))
		}
	} else {
		some, err := s.q.ListExecutionsByScript(ctx, s.pool, queries.ListExecutionsByScriptParams{
			ScriptID: filter.ScriptID, Before: params.Before,
			AcceptedFrom: params.AcceptedFrom, AcceptedTo: params.AcceptedTo, Status: params.Status, PageSize: params.PageSize,
		})
		if err != nil {
			return nil, translate(fmt.Errorf("list executions: %w", err))
		}
		for _, row := range some {
			rows = append(rows, withoutPayloads(queries.ListExecutionsRow(row)))
		}
	}
	list := make([]execution.Execution, 0, len(rows))
	for _, row := range rows {
		one, err := executionOf(row)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, nil
}

// The bounds that stand for "unbounded": all that a UUIDv7 can say.
var (
	earliest = time.Unix(0, 0)
	latest   = time.UnixMilli(1<<48 - 1).Add(-24 * time.Hour)
)

func listParams(filter execution.Filter) queries.ListExecutionsParams {
	params := queries.ListExecutionsParams{
		Before: filter.Before, AcceptedFrom: filter.From, AcceptedTo: filter.To, PageSize: int32Of(filter.Limit),
	}
	if params.Before == uuid.Nil {
		params.Before = uuid.Max
	}
	if params.AcceptedFrom.Before(earliest) {
		params.AcceptedFrom = earliest
	}
	if params.AcceptedTo.IsZero() || params.AcceptedTo.After(latest) {
		params.AcceptedTo = latest
	}
	if filter.Status != "" {
		status := string(filter.Status)
		params.Status = &status
	}
	return params
}

func withoutPayloads(row queries.ListExecutionsRow) queries.GetExecutionRow {
	return queries.GetExecutionRow{
		ID: row.ID, ScriptID: row.ScriptID, ScriptVersion: row.ScriptVersion, Status: row.Status,
		ErrorMessage: row.ErrorMessage, ErrorJSON: row.ErrorJSON, LogsJSON: row.LogsJSON, Attempt: row.Attempt,
		CreatedAt: row.CreatedAt, StartedAt: row.StartedAt, CompletedAt: row.CompletedAt, ExecutionTimeUs: row.ExecutionTimeUs,
		RerunOf: row.RerunOf, InputRemovedAt: row.InputRemovedAt, OutputRemovedAt: row.OutputRemovedAt,
	}
}

func executionOf(row queries.GetExecutionRow) (execution.Execution, error) {
	e := execution.Execution{
		ID: row.ID, ScriptID: row.ScriptID, ScriptVersion: int(row.ScriptVersion), Status: execution.Status(row.Status),
		Input: row.InputJSON, Output: row.OutputJSON, CreatedAt: row.CreatedAt, StartedAt: row.StartedAt,
		CompletedAt: row.CompletedAt, Attempt: int(row.Attempt), RerunOf: row.RerunOf,
		InputRemovedAt: row.InputRemovedAt, OutputRemovedAt: row.OutputRemovedAt,
	}
	if row.ErrorMessage != nil {
		e.ErrorMessage = *row.ErrorMessage
	}
	if row.ErrorJSON != nil {
		if err := json.Unmarshal(row.ErrorJSON, &e.Error); err != nil {
			return e, fmt.Errorf("read the error of execution %s: %w", row.ID, err)
		}
	}
	if row.LogsJSON != nil {
		if err := json.Unmarshal(row.LogsJSON, &e.Logs); err != nil {
			return e, fmt.Errorf("read the logs of execution %s: %w", row.ID, err)
		}
	}
	if row.ExecutionTimeUs != nil {
		run := time.Duration(*row.ExecutionTimeUs) * time.Microsecond
		e.RunTime = &run
	}
	if row.StartedAt != nil {
		wait := row.StartedAt.Sub(row.CreatedAt)
		e.QueueTime = &wait
	}
	return e, nil
}
