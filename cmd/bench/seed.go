package main

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"

	"golang.org/x/sync/errgroup"

	"peneira/internal/postgres/psql"
)

//go:embed sql/seed_scripts.sql
var seedScripts string

//go:embed sql/seed_executions.sql
var seedExecutions string

// seed is what a database is filled with before it is measured: finished executions and scripts, as a normal life leaves
// them behind, by plain SQL.
type seed struct {
	name      string
	rows      int // executions, spread evenly over the months
	scripts   int
	months    int // the present one included
	cancelled int // of the older half of the months, one in so many was cancelled; of a single month also
}

// The two lives that are compared. The short one has as much as fills a page of every list, and no more.
const (
	longScripts = 10_000
	longMonths  = 24
	shortRows   = 2_000
)

func shortLife() seed {
	return seed{name: "empty", rows: shortRows, scripts: 4, months: 1, cancelled: 20}
}

func longLife(rows int) seed {
	return seed{name: "full", rows: rows, scripts: longScripts, months: longMonths, cancelled: 500}
}

// plant fills the database at address, where busy is a hosted script that shall have a fifth of all executions.
func (s seed) plant(ctx context.Context, address, busy, content string) error {
	_, err := psql.Run(ctx, address, seedScripts, map[string]string{
		"scripts": strconv.Itoa(s.scripts), "months": strconv.Itoa(s.months), "content": content,
	})
	if err != nil {
		return fmt.Errorf("host scripts: %w", err)
	}
	months, ctx := errgroup.WithContext(ctx)
	months.SetLimit(2) // more would only wait for the disk
	for back := s.months - 1; back >= 0; back-- {
		cancelled := s.cancelled
		if s.months > 1 && back < s.months/2 {
			cancelled = 0
		}
		rows := s.rows / s.months
		if back == 0 {
			rows += s.rows % s.months
		}
		months.Go(func() error { return s.plantMonth(ctx, address, busy, back, rows, cancelled) })
	}
	if err := months.Wait(); err != nil {
		return fmt.Errorf("fill executions: %w", err)
	}
	return nil
}

// plantMonth fills the month that lies so many back, of whose executions one in cancelled was cancelled; 0: none.
func (seed) plantMonth(ctx context.Context, address, busy string, back, rows, cancelled int) error {
	_, err := psql.Run(ctx, address, "SET synchronous_commit = off;\n"+seedExecutions, map[string]string{
		"back": strconv.Itoa(back), "rows": strconv.Itoa(rows), "busy": busy, "cancelled": strconv.Itoa(cancelled),
	})
	return err
}
