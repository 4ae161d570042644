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

// dropMonth drops the oldest month. It returns for how many milliseconds the table was locked, and how many it took in all.
func (l *life) dropMonth(ctx context.Context) (locked, took float64, err error) {
	answer, err := psql.Run(ctx, l.address, dropMonth, nil)
	if err != nil {
		return 0, 0, err
	}
	var dropped int
	if _, err := fmt.Sscan(strings.ReplaceAll(answer, "|", " "), &dropped, &locked, &took); err != nil || dropped != 1 {
		return 0, 0, fmt.Errorf("not one month was dropped: %s (%w)", answer, err)
	}
	return locked, took, nil
}

// makeMonths makes so many months before the present one, empty, for those to be dropped.
func (l *life) makeMonths(ctx context.Context, months int) error {
	_, err := psql.Run(ctx, l.address, "SELECT executions_make_partitions(now() - make_interval(months => :'months'::integer), :'months'::integer)",
		map[string]string{"months": strconv.Itoa(months)})
	return err
}
