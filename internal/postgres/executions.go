package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"peneira/internal/execution"
	"peneira/internal/postgres/internal/queries"
	"peneira/internal/script"
)

// Enqueue puts an execution into the queue, in the transaction that inserts it.
type Enqueue func(ctx context.Context, tx pgx.Tx, id uuid.UUID) error

// Executions keeps executions, from their acceptance to their outcome.
type Executions struct {
	pool    *pgxpool.Pool
	q       *queries.Queries
	enqueue Enqueue
}

// NewExecutions returns the executions in the database behind pool. enqueue is needed only by Accept.
func NewExecutions(pool *pgxpool.Pool, enqueue Enqueue) *Executions {
	return &Executions{pool: pool, q: queries.New(), enqueue: enqueue}
}

// Accept inserts a pending execution and its job in one transaction. The execution it returns has no Input.
// It returns a failure of kind NotFound when there is no such script, or no such version of it.
func (s *Executions) Accept(ctx context.Context, request execution.Request) (execution.Execution, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return execution.Execution{}, fmt.Errorf("make an id: %w", err)
	}
	copied, err := copyForSQL(request.Input)
	if err != nil {
		return execution.Execution{}, err
	}
	accepted, err := s.accept(ctx, id, request, copied)
	if refusedByJSONB(err) {
		accepted, err = s.accept(ctx, id, request, sqlCopy{})
	}
	return accepted, err
}

func (s *Executions) accept(
	ctx context.Context, id uuid.UUID, request execution.Request, copied sqlCopy,
) (execution.Execution, error) {
	params := queries.InsertExecutionParams{
		ID: id, ScriptID: request.ScriptID, InputJSON: request.Input, SameInJsonb: copied.same, InputData: copied.other,
	}
	if request.Version > 0 {
		version := int32Of(request.Version)
		params.Version = &version
	}
	accepted := execution.Execution{ID: id, ScriptID: request.ScriptID}
	err := inTx(ctx, s.pool, func(tx pgx.Tx) error {
		row, err := s.q.InsertExecution(ctx, tx, params)
		if errors.Is(err, pgx.ErrNoRows) {
			return s.whatIsMissing(ctx, tx, request)
		}
		if err != nil {
			return fmt.Errorf("insert execution: %w", err)
		}
		accepted.ScriptVersion = int(row.ScriptVersion)
		accepted.Status = execution.Status(row.Status)
		accepted.CreatedAt = row.CreatedAt
		return s.enqueue(ctx, tx, id)
	})
	return accepted, err
}

func (s *Executions) whatIsMissing(ctx context.Context, tx pgx.Tx, request execution.Request) error {
	exists, err := s.q.ScriptExists(ctx, tx, request.ScriptID)
	if err != nil {
		return fmt.Errorf("look for script: %w", err)
	}
	if !exists {
		return script.NotFound(request.ScriptID)
	}
	return script.VersionNotFound(request.ScriptID, request.Version)
}

// Get returns an execution with its payloads. It returns a failure of kind NotFound when there is none.
func (s *Executions) Get(ctx context.Context, id uuid.UUID) (execution.Execution, error) {
	row, err := s.q.GetExecution(ctx, s.pool, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return execution.Execution{}, execution.NotFound(id)
	}
	if err != nil {
		return execution.Execution{}, translate(fmt.Errorf("read execution: %w", err))
	}
	return executionOf(row)
}

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
	}
}

func executionOf(row queries.GetExecutionRow) (execution.Execution, error) {
	e := execution.Execution{
		ID: row.ID, ScriptID: row.ScriptID, ScriptVersion: int(row.ScriptVersion), Status: execution.Status(row.Status),
		Input: row.InputJSON, Output: row.OutputJSON, CreatedAt: row.CreatedAt, StartedAt: row.StartedAt,
		CompletedAt: row.CompletedAt, Attempt: int(row.Attempt),
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

// textForSQL makes a string fit for TEXT, which cannot hold U+0000 or broken UTF-8.
func textForSQL(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", "\uFFFD"), "\uFFFD")
}
