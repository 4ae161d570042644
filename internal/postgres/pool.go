// Package postgres keeps scripts and executions in PostgreSQL. It is the only package that holds SQL's results.
package postgres

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"peneira/internal/postgres/internal/queries"
)

// Open returns a pool of connections to the database at url. It does not wait for the database: the first use does.
// Connections say who they are (application_name), so that an operator can tell ours in pg_stat_activity.
func Open(ctx context.Context, url string) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errInvalidURL
	}
	cfg.ConnConfig.ConnectTimeout = 5 * time.Second
	noticeLostHosts(cfg.ConnConfig)
	setDefault(cfg.ConnConfig.RuntimeParams, "application_name", "peneira")
	// Times are carried in UTC everywhere; a session in another zone would show others in SQL functions.
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	// Each execution in flight needs a connection only for moments. Eight keep a two-core database busy.
	if cfg.MaxConns < 8 {
		cfg.MaxConns = 8
	}
	q := queries.New()
	cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error { return q.TuneConnection(ctx, conn) }
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open pool: %w", err)
	}
	return pool, nil
}

// relaxedConns is how many connections Relaxed keeps: for two queues that are busy, and for what is completed.
const relaxedConns = 3

// Relaxed returns a pool of a few connections to the database behind another one, which do not wait until what they commit is
// on the disk. A crash of the database may forget the last moments of it, in the order in which it was written: whatever is
// committed over another connection is safe together with all that was committed before it, on whichever.
func Relaxed(ctx context.Context, pool *pgxpool.Pool) (*pgxpool.Pool, error) {
	cfg := pool.Config()
	cfg.MinConns, cfg.MaxConns = 0, relaxedConns
	q, tune := queries.New(), cfg.AfterConnect
	cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		if err := tune(ctx, conn); err != nil {
			return err
		}
		return q.RelaxConnection(ctx, conn)
	}
	relaxed, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open pool: %w", err)
	}
	return relaxed, nil
}

func setDefault(params map[string]string, key, value string) {
	if _, ok := params[key]; !ok {
		params[key] = value
	}
}

// inTx runs do in a transaction: committed when do returns nil, rolled back otherwise.
func inTx(ctx context.Context, pool *pgxpool.Pool, do func(tx pgx.Tx) error) error {
	return translate(pgx.BeginFunc(ctx, pool, do))
}

// int32Of narrows a number for an INTEGER column. One out of range becomes the nearest that is in it, which no version,
// page or run ever has; cut off, 1<<32 + 1 would stand for version 1.
func int32Of(n int) int32 {
	return int32(max(math.MinInt32, min(n, math.MaxInt32)))
}
