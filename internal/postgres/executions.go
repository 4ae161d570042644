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
	jobOf   JobOf
	months  months
	reaches reaches
	// What follows is nil when nobody here works.
	fresh      *fresh
	ends       Ends
	headstarts Headstarts

	accepts  *batch.Group[accepting, execution.Execution]
	wholes   *batch.Group[whole, *queries.InsertEndedExecutionsRow]
	tasks    *batch.Group[execution.Queued, execution.Task]
	statuses *batch.Group[uuid.UUID, execution.Status]
	gets     *batch.Group[getting, queries.GetExecutionRow]
	starts   *batch.Group[execution.Run, struct{}]
	finishes *batch.Group[finishing, time.Duration]

	observeGroup func(group string, items int)
}

// NewExecutions returns the executions in the database behind pool. jobOf is needed only by Accept.
func NewExecutions(pool *pgxpool.Pool, jobOf JobOf) *Executions {
	s := &Executions{pool: pool, q: queries.New(), jobOf: jobOf}
	s.accepts, s.tasks, s.starts, s.finishes = s.newAcceptGroup(), s.newTaskGroup(), s.newStartGroup(), s.newFinishGroup()
	s.statuses, s.gets, s.wholes = s.newStatusGroup(), s.newGetGroup(), s.newWholeGroup()
	return s
}

// Ends is told of executions that end in this process. It must not block.
type Ends interface {
	// Ending is told of each before its end is written, and one of the others after it.
	Ending(id uuid.UUID)
	// Ended gets it as it was written, without payloads that are large.
	Ended(ended execution.Execution)
	NotEnded(id uuid.UUID)
}

// WorkHere tells that workers of this process use these executions: what is accepted is kept for them for a moment, and ends
// is told of what they end. It is called before the first use.
func (s *Executions) WorkHere(ends Ends) { s.fresh, s.ends = newFresh(), ends }

// Headstarts begins runs of what is accepted here before the queue knows of it.
type Headstarts interface {
	// Begin begins to run an execution with a small input that is about to be accepted, if there is nothing to wait for. It
	// reports whether it did, and whether that is likely to take a few milliseconds only. It does not block.
	Begin(id uuid.UUID, request execution.Request) (begun, quick bool)
	// Ended waits a few milliseconds for the end of a run that has begun. If that comes, the run is the caller's, and nothing
	// is settled.
	Ended(ctx context.Context, id uuid.UUID) (execution.Early, bool)
	// Settle tells as which version the execution was accepted, and as which job it is queued; version 0: it was not. It does
	// not block.
	Settle(id uuid.UUID, request execution.Request, version int, job int64)
}

// BeginHere has runs begun as soon as their executions are accepted. It is called before the first use, after WorkHere.
func (s *Executions) BeginHere(headstarts Headstarts) { s.headstarts = headstarts }

// ObserveGroups has observe told how many items each group that is worked on together has. Groups are accept, whole, task,
// start and finish. It is called before the first use.
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
