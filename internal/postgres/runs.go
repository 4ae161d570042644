package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"peneira/internal/execution"
	"peneira/internal/postgres/internal/queries"
	"peneira/internal/rawjson"
)

// Task returns what is needed to run an execution. It returns a failure of kind NotFound when there is none.
func (s *Executions) Task(ctx context.Context, id uuid.UUID) (execution.Task, error) {
	row, err := s.q.GetExecutionTask(ctx, s.pool, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return execution.Task{}, execution.NotFound(id)
	}
	if err != nil {
		return execution.Task{}, translate(fmt.Errorf("read task: %w", err))
	}
	return execution.Task{
		ScriptID: row.ScriptID, ScriptVersion: int(row.ScriptVersion), Status: execution.Status(row.Status), Input: row.InputJSON,
	}, nil
}

// Start begins a run: the execution becomes running. It returns execution.ErrEnded when the execution is in a final state.
func (s *Executions) Start(ctx context.Context, id uuid.UUID) (execution.Run, error) {
	row, err := s.q.StartExecution(ctx, s.pool, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return execution.Run{}, execution.ErrEnded
	}
	if err != nil {
		return execution.Run{}, translate(fmt.Errorf("start execution: %w", err))
	}
	return execution.Run{ExecutionID: id, Attempt: int(row.Attempt), QueueTime: row.StartedAt.Sub(row.CreatedAt)}, nil
}

// Finish writes the outcome of a run. It returns execution.ErrEnded when the execution has a final state already, and execution.ErrHandedOn
// when another run has begun since: in both cases nothing is changed.
func (s *Executions) Finish(ctx context.Context, run execution.Run, outcome execution.Outcome) error {
	params := queries.FinishExecutionParams{
		ID: run.ExecutionID, Attempt: int32Of(run.Attempt), Status: string(outcome.Status()),
		ExecutionTimeUs: outcome.RunTime.Microseconds(),
	}
	if err := fillOutcome(&params, outcome); err != nil {
		return err
	}
	n, err := s.q.FinishExecution(ctx, s.pool, params)
	if refusedByJSONB(err) {
		params.SameInJsonb, params.OutputData = false, nil
		n, err = s.q.FinishExecution(ctx, s.pool, params)
	}
	if err != nil {
		return translate(fmt.Errorf("finish execution: %w", err))
	}
	if n == 1 {
		return nil
	}
	task, err := s.Task(ctx, run.ExecutionID)
	if err == nil && !task.Status.Terminal() {
		return execution.ErrHandedOn
	}
	return errors.Join(execution.ErrEnded, err)
}

func fillOutcome(params *queries.FinishExecutionParams, outcome execution.Outcome) error {
	if len(outcome.Logs) > 0 {
		logs, err := json.Marshal(outcome.Logs)
		if err != nil {
			return fmt.Errorf("write logs: %w", err)
		}
		params.LogsJSON = logs
	}
	if outcome.Err != nil {
		detail, err := json.Marshal(outcome.Err)
		if err != nil {
			return fmt.Errorf("write error: %w", err)
		}
		kind, message := string(outcome.Err.Kind), textForSQL(outcome.Err.Error())
		params.ErrorKind, params.ErrorMessage, params.ErrorJSON = &kind, &message, detail
		return nil
	}
	copied, err := copyForSQL(outcome.Output)
	params.OutputJSON, params.SameInJsonb, params.OutputData = outcome.Output, copied.same, copied.other
	return err
}

// sqlCopy says what stands in a JSONB column beside the JSON as written: the same, another value, or nothing.
type sqlCopy struct {
	same  bool
	other []byte
}

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
