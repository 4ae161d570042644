package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"

	"peneira/internal/postgres/internal/queries"
)

// MakeReportRole makes the role peneira_report, if the cluster has none, and grants it what reports may read. It returns
// what is in the way, in words for the operator, or "" when the role stands. It is safe to call at any time and from
// several processes.
func MakeReportRole(ctx context.Context, pool *pgxpool.Pool) (string, error) {
	trouble, err := queries.New().MakeReportRole(ctx, pool)
	if err != nil {
		return "", translate(fmt.Errorf("make the role for reports: %w", err))
	}
	return trouble, nil
}
