package main

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"
	"strings"

	"peneira/internal/postgres/psql"
)

//go:embed sql/drop_month.sql
var dropMonth string

// dropMonth drops the oldest month and returns how many milliseconds that took.
func (l *life) dropMonth(ctx context.Context) (float64, error) {
	answer, err := psql.Run(ctx, l.address, dropMonth, nil)
	if err != nil {
		return 0, err
	}
	dropped, took, _ := strings.Cut(answer, "|")
	if dropped != "1" {
		return 0, fmt.Errorf("%s months were dropped, not one", dropped)
	}
	return strconv.ParseFloat(took, 64)
}

// makeMonths makes so many months before the present one, empty, for those to be dropped.
func (l *life) makeMonths(ctx context.Context, months int) error {
	_, err := psql.Run(ctx, l.address, "SELECT executions_make_partitions(now() - make_interval(months => :'months'::integer), :'months'::integer)",
		map[string]string{"months": strconv.Itoa(months)})
	return err
}
