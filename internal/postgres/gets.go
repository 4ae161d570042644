package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"peneira/internal/batch"
	"peneira/internal/budget"
	"peneira/internal/execution"
	"peneira/internal/postgres/internal/queries"
)

// How executions are read together; see acceptFlushers for why. So many payloads of so many bytes each are at most 8 MiB.
const (
	getFlushers = 2
	getItems    = 64
	getBytes    = 64 << 10
)

// getting is an execution that somebody wants to read.
type getting struct {
	id        uuid.UUID
	withInput bool
}

func (s *Executions) newGetGroup() *batch.Group[getting, queries.GetExecutionRow] {
	return batch.New(batch.Config[getting, queries.GetExecutionRow]{
		Flush: s.readTogether, Flushers: getFlushers, MaxItems: getItems, InCaller: true, Observe: s.observer("get"),
	})
}

// Get returns an execution with its payloads, for which it takes memory from the share of the budget that ctx carries. It
// returns a failure of kind NotFound when there is none, and one of kind Unavailable when the memory is not there.
func (s *Executions) Get(ctx context.Context, id uuid.UUID) (execution.Execution, error) {
	return s.get(ctx, getting{id, true})
}

// Result is Get without the input.
func (s *Executions) Result(ctx context.Context, id uuid.UUID) (execution.Execution, error) {
	return s.get(ctx, getting{id, false})
}

func (s *Executions) get(ctx context.Context, wanted getting) (execution.Execution, error) {
	row, err := s.gets.Do(ctx, wanted)
	if err != nil {
		return execution.Execution{}, err
	}
	if err := budget.From(ctx).TryGrow(payloadBytes(row, wanted)); err != nil {
		return execution.Execution{}, err
	}
	if incomplete(row, wanted) {
		if row, err = s.readOne(ctx, wanted, nil); err != nil {
			return execution.Execution{}, err // not found: dropped by retention meanwhile
		}
	}
	return executionOf(row)
}

func (s *Executions) readTogether(ctx context.Context, items []getting) ([]batch.Result[queries.GetExecutionRow], error) {
	ctx, cancel := context.WithTimeout(ctx, flushTime)
	defer cancel()
	payloadBytes := int32(getBytes)
	if len(items) == 1 {
		row, err := s.readOne(ctx, items[0], &payloadBytes)
		return []batch.Result[queries.GetExecutionRow]{{Value: row, Err: err}}, nil
	}
	params := queries.GetExecutionsParams{
		Ids: make([]uuid.UUID, len(items)), WithInput: make([]bool, len(items)), PayloadBytes: payloadBytes,
	}
	for i, item := range items {
		params.Ids[i], params.WithInput[i] = item.id, item.withInput
	}
	params.Lowest, params.Highest = bounds(params.Ids)
	rows, err := read(s.pool, &s.months, params.Lowest, params.Highest, func(db queries.DBTX) ([]queries.GetExecutionsRow, error) {
		return s.q.GetExecutions(ctx, db, params)
	})
	if err != nil {
		return nil, translate(fmt.Errorf("read executions: %w", err))
	}
	// The same one may be wanted twice, with its input and without.
	found := make(map[getting]queries.GetExecutionRow, len(rows))
	for _, row := range rows {
		found[getting{row.ID, row.WithInput}] = queries.GetExecutionRow{
			ID: row.ID, ScriptID: row.ScriptID, ScriptVersion: row.ScriptVersion, Status: row.Status,
			InputJSON: row.InputJSON, OutputJSON: row.OutputJSON, ErrorMessage: row.ErrorMessage, ErrorJSON: row.ErrorJSON,
			LogsJSON: row.LogsJSON, Attempt: row.Attempt, CreatedAt: row.CreatedAt, StartedAt: row.StartedAt,
			CompletedAt: row.CompletedAt, ExecutionTimeUs: row.ExecutionTimeUs, RerunOf: row.RerunOf,
			InputRemovedAt: row.InputRemovedAt, OutputRemovedAt: row.OutputRemovedAt,
			InputBytes: row.InputBytes, OutputBytes: row.OutputBytes,
		}
	}
	return resultsOf(items, found, func(g getting) uuid.UUID { return g.id }), nil
}

// readOne reads an execution with all that is wanted of it, or without what is larger than payloadBytes.
func (s *Executions) readOne(ctx context.Context, wanted getting, payloadBytes *int32) (queries.GetExecutionRow, error) {
	params := queries.GetExecutionParams{ID: wanted.id, WithInput: wanted.withInput, PayloadBytes: payloadBytes}
	rows, err := read(s.pool, &s.months, wanted.id, wanted.id, func(db queries.DBTX) ([]queries.GetExecutionRow, error) {
		return s.q.GetExecution(ctx, db, params)
	})
	if err != nil {
		return queries.GetExecutionRow{}, translate(fmt.Errorf("read execution: %w", err))
	}
	if len(rows) == 0 {
		return queries.GetExecutionRow{}, execution.NotFound(wanted.id)
	}
	return rows[0], nil
}

// resultsOf gives each of the items of a group what was found for it, or a failure of kind NotFound.
func resultsOf[In comparable, Out any](items []In, found map[In]Out, id func(In) uuid.UUID) []batch.Result[Out] {
	results := make([]batch.Result[Out], len(items))
	for i, item := range items {
		value, ok := found[item]
		if ok {
			results[i].Value = value
		} else {
			results[i].Err = execution.NotFound(id(item))
		}
	}
	return results
}

// bounds returns the lowest and the highest of some ids, at least one: by these PostgreSQL leaves other months alone.
func bounds(ids []uuid.UUID) (lowest, highest uuid.UUID) {
	return slices.MinFunc(ids, compare), slices.MaxFunc(ids, compare)
}

// itself is the id of an item that is one.
func itself(id uuid.UUID) uuid.UUID { return id }

// payloadBytes is what memory the payloads take that are wanted of a row, as far as is known.
func payloadBytes(row queries.GetExecutionRow, wanted getting) int {
	bytes := 0
	if wanted.withInput && row.InputBytes != nil {
		bytes += int(*row.InputBytes)
	}
	if row.OutputBytes != nil {
		bytes += int(*row.OutputBytes)
	}
	return bytes
}

// incomplete reports whether a payload that is wanted was left out of a row, because it is large or of unknown size.
func incomplete(row queries.GetExecutionRow, wanted getting) bool {
	leftOut := func(payload []byte, bytes *int32, removed *time.Time) bool {
		return payload == nil && removed == nil && (bytes == nil || *bytes > getBytes)
	}
	return wanted.withInput && leftOut(row.InputJSON, row.InputBytes, row.InputRemovedAt) ||
		execution.Status(row.Status) == execution.Completed && leftOut(row.OutputJSON, row.OutputBytes, row.OutputRemovedAt)
}
