package postgres

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"peneira/internal/execution"
	"peneira/internal/postgres/internal/queries"
)

// List returns the executions that the filter chooses, newest first, without their payloads.
func (s *Executions) List(ctx context.Context, filter execution.Filter) ([]execution.Execution, error) {
	rows, err := s.page(ctx, filter)
	if err != nil {
		return nil, translate(fmt.Errorf("list executions: %w", err))
	}
	list := make([]execution.Execution, 0, len(rows))
	for _, row := range rows {
		one, err := executionOf(withoutPayloads(row))
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, nil
}

// page reads the rows of a page, each kind of page along the index that has what it shows close together.
func (s *Executions) page(ctx context.Context, filter execution.Filter) ([]queries.ListExecutionsRow, error) {
	params := listParams(filter)
	if filter.Status == execution.Pending || filter.Status == execution.Running {
		// Nearly all have ended, so these are looked for in the queue, unless they are so many that they are found anyway.
		ids, err := s.q.LiveExecutions(ctx, s.pool, fewLive+1)
		if err != nil {
			return nil, err
		}
		if len(ids) <= fewLive {
			return s.live(ctx, ids, filter.ScriptID, params)
		}
	}
	of, newest := list{filter.ScriptID, filter.Status}, newestMonth(params.Before, time.Now())
	first, rest, cuts := cut(params, newest, s.reaches.of(of))
	rows, err := s.listed(ctx, of, first)
	if err == nil && cuts && len(rows) < int(params.PageSize) {
		rest.PageSize -= int32Of(len(rows))
		var more []queries.ListExecutionsRow
		more, err = s.listed(ctx, of, rest)
		rows = append(rows, more...)
	}
	if err != nil {
		return nil, err
	}
	reach := everywhere
	if n := len(rows); n > 0 && n == int(params.PageSize) {
		reach = monthsTo(rows[n-1].ID, newest)
	}
	s.reaches.note(of, reach)
	return rows, nil
}

// listed reads those of a list between the bounds of a page.
func (s *Executions) listed(ctx context.Context, of list, p queries.ListExecutionsParams) ([]queries.ListExecutionsRow, error) {
	p.Lows, p.Highs = spans(p.Before, p.Lowest, time.Now())
	switch {
	case of.status == execution.Failed, of.status == execution.Cancelled:
		return s.unsuccessful(ctx, of.script, p)
	case of.script != uuid.Nil:
		return s.ofScript(ctx, of.script, p)
	default:
		return s.q.ListExecutions(ctx, s.pool, p)
	}
}

// fewLive is how many executions that have not ended are looked up one by one for a page: in some milliseconds.
const fewLive = 500

// ofScript reads those of one script.
func (s *Executions) ofScript(ctx context.Context, script uuid.UUID, p queries.ListExecutionsParams) ([]queries.ListExecutionsRow, error) {
	rows, err := s.q.ListExecutionsByScript(ctx, s.pool, queries.ListExecutionsByScriptParams{
		ScriptID: script, Lows: p.Lows, Highs: p.Highs, Before: p.Before, Lowest: p.Lowest,
		AcceptedFrom: p.AcceptedFrom, AcceptedTo: p.AcceptedTo, Status: p.Status, PageSize: p.PageSize,
	})
	return same(rows, func(r queries.ListExecutionsByScriptRow) queries.ListExecutionsRow {
		return queries.ListExecutionsRow(r)
	}), err
}

// unsuccessful reads those that failed or were cancelled.
func (s *Executions) unsuccessful(ctx context.Context, script uuid.UUID, p queries.ListExecutionsParams) ([]queries.ListExecutionsRow, error) {
	if script == uuid.Nil {
		rows, err := s.q.ListUnsuccessful(ctx, s.pool, queries.ListUnsuccessfulParams{
			Status: p.Status, Lows: p.Lows, Highs: p.Highs, Before: p.Before, Lowest: p.Lowest,
			AcceptedFrom: p.AcceptedFrom, AcceptedTo: p.AcceptedTo, PageSize: p.PageSize,
		})
		return same(rows, func(r queries.ListUnsuccessfulRow) queries.ListExecutionsRow { return queries.ListExecutionsRow(r) }), err
	}
	rows, err := s.q.ListUnsuccessfulByScript(ctx, s.pool, queries.ListUnsuccessfulByScriptParams{
		ScriptID: script, Status: p.Status, Lows: p.Lows, Highs: p.Highs, Before: p.Before, Lowest: p.Lowest,
		AcceptedFrom: p.AcceptedFrom, AcceptedTo: p.AcceptedTo, PageSize: p.PageSize,
	})
	return same(rows, func(r queries.ListUnsuccessfulByScriptRow) queries.ListExecutionsRow {
		return queries.ListExecutionsRow(r)
	}), err
}

// live reads those of the given ones that the page shows.
func (s *Executions) live(ctx context.Context, ids []uuid.UUID, script uuid.UUID, p queries.ListExecutionsParams) ([]queries.ListExecutionsRow, error) {
	ids = slices.DeleteFunc(ids, func(id uuid.UUID) bool { return compare(id, p.Before) >= 0 || compare(id, p.Lowest) < 0 })
	slices.SortFunc(ids, compare)
	ids = slices.Compact(ids) // whoever tampers with the queue may have queued one twice
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := s.q.ListSomeExecutions(ctx, s.pool, queries.ListSomeExecutionsParams{
		Ids: ids, Lowest: ids[0], Highest: ids[len(ids)-1], Status: *p.Status, ScriptID: uuid.NullUUID{UUID: script, Valid: script != uuid.Nil},
		AcceptedFrom: p.AcceptedFrom, AcceptedTo: p.AcceptedTo, PageSize: p.PageSize,
	})
	return same(rows, func(r queries.ListSomeExecutionsRow) queries.ListExecutionsRow { return queries.ListExecutionsRow(r) }), err
}

// same changes the type of rows that differ in nothing else.
func same[From any](rows []From, convert func(From) queries.ListExecutionsRow) []queries.ListExecutionsRow {
	converted := make([]queries.ListExecutionsRow, len(rows))
	for i, row := range rows {
		converted[i] = convert(row)
	}
	return converted
}

// spans cuts what a list may show into spans of ids, the newest first: from the month of its newest execution on, the month
// before, and then twice as many months each time. A page that is full reads none of the months in later spans.
func spans(before, lowest uuid.UUID, now time.Time) (lows, highs []uuid.UUID) {
	month, high := newestMonth(before, now), before
	for _, earlier := range []int{0, 1, 3, 7, 15, 31} {
		low := floor(month.AddDate(0, -earlier, 0))
		if compare(low, lowest) > 0 && compare(low, high) < 0 {
			lows, highs = append(lows, low), append(highs, high)
			high = low
		}
	}
	return append(lows, lowest), append(highs, high)
}

// floor is the lowest id of a moment, as uuidv7_floor makes it in SQL.
func floor(at time.Time) (id uuid.UUID) {
	milliseconds := min(max(at.UnixMilli(), 0), 1<<48-1)
	binary.BigEndian.PutUint64(id[:8], uint64(milliseconds)<<16)
	return id
}

func compare(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }

// The bounds that stand for "unbounded": all that a UUIDv7 can say.
var (
	earliest = time.Unix(0, 0)
	latest   = time.UnixMilli(1<<48 - 1).Add(-24 * time.Hour)
)

// idSlack is how far the time in an id may be from that of the acceptance, which another clock tells.
const idSlack = time.Hour

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
	params.Lowest = floor(params.AcceptedFrom.Add(-idSlack))
	if highest := floor(params.AcceptedTo.Add(idSlack)); compare(highest, params.Before) < 0 {
		params.Before = highest
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
