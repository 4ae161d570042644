package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"peneira/internal/postgres/internal/queries"
)

// Processes tells living worker processes from dead ones: each holds an advisory lock on a connection of its own, which
// PostgreSQL frees as soon as the process, or its host, is gone.
type Processes struct {
	pool *pgxpool.Pool
	q    *queries.Queries
}

// NewProcesses returns the processes at work on the database behind pool.
func NewProcesses(pool *pgxpool.Pool) *Processes {
	return &Processes{pool: pool, q: queries.New()}
}

// How the loss of the connection that holds a process's lock is noticed, from our end and, when the host is gone
// without a word, from PostgreSQL's: 2 s of silence and then three probes 1 s apart.
const (
	pulse       = 500 * time.Millisecond
	lostPulse   = 5 * time.Second
	keepalive   = "2"
	probeEvery  = "1"
	probesToDie = "3"
)

// Live proves that the process id lives. It calls ready when it holds the process's lock, and returns with an error
// when the lock is lost or ctx ends.
func (s *Processes) Live(ctx context.Context, id string, ready func()) error {
	cfg := s.pool.Config().ConnConfig.Copy()
	cfg.RuntimeParams["application_name"] = "peneira " + id
	cfg.RuntimeParams["tcp_keepalives_idle"] = keepalive
	cfg.RuntimeParams["tcp_keepalives_interval"] = probeEvery
	cfg.RuntimeParams["tcp_keepalives_count"] = probesToDie
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return fmt.Errorf("connect for the process lock: %w", err)
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(closing)
	}()
	if err := s.q.LockProcess(ctx, conn, id); err != nil {
		return fmt.Errorf("take the process lock: %w", err)
	}
	ready()
	tick := time.NewTicker(pulse)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		beat, cancel := context.WithTimeout(ctx, lostPulse)
		err := conn.Ping(beat)
		cancel()
		if err != nil {
			return fmt.Errorf("hold the process lock: %w", err)
		}
	}
}

// HandOn puts the jobs of every dead process but self back into the queue and returns how many there were.
func (s *Processes) HandOn(ctx context.Context, self string) (int, error) {
	busy, err := s.q.BusyProcesses(ctx, s.pool)
	if err != nil {
		return 0, translate(fmt.Errorf("list busy processes: %w", err))
	}
	total := 0
	for _, id := range busy {
		if id == self {
			continue
		}
		err := inTx(ctx, s.pool, func(tx pgx.Tx) error {
			// The lock is held until the jobs are handed on, so that two processes never do it for the same one.
			dead, err := s.q.TryLockProcess(ctx, tx, id)
			if err != nil || !dead {
				return err
			}
			n, err := s.q.HandOnJobs(ctx, tx, id)
			total += int(n)
			return err
		})
		if err != nil {
			return total, fmt.Errorf("hand on the jobs of process %s: %w", id, err)
		}
	}
	return total, nil
}
