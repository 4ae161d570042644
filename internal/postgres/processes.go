package postgres

import (
	"context"
	"fmt"
	"slices"
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

// How a lost proof of life is noticed. At our end: a beat every pulse, each answered within lostPulse. At PostgreSQL's: a
// session without a beat for silence is ended, which frees the lock of a process that is frozen, and of one whose host is
// gone without a word. A killed process closes its connection, and frees the lock at once.
const (
	pulse     = 500 * time.Millisecond
	lostPulse = 5 * time.Second
	silence   = 5 * time.Second
)

// handOnTime bounds one look at the other processes, so that a database that hangs does not end the looking.
const handOnTime = 10 * time.Second

// Live proves that the process id lives. It calls ready when it holds the process's lock, and returns with an error
// when the lock is lost or ctx ends.
func (s *Processes) Live(ctx context.Context, id string, ready func()) error {
	cfg := s.pool.Config().ConnConfig.Copy()
	cfg.RuntimeParams["application_name"] = "peneira " + id
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return fmt.Errorf("connect for the process lock: %w", err)
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(closing)
	}()
	err = s.q.LockProcess(ctx, conn, queries.LockProcessParams{ProcessID: id, IdleMs: int32Of(int(silence.Milliseconds()))})
	if err != nil {
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

// HandOn puts the jobs of every dead process but self back into the queue and returns how many there were. Whoever had
// them can no longer end them, should it live after all.
func (s *Processes) HandOn(ctx context.Context, self string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, handOnTime)
	defer cancel()
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
			n, err := s.q.HandOnJobs(ctx, tx, queries.HandOnJobsParams{ProcessID: id, Died: true})
			total += int(n)
			return err
		})
		if err != nil {
			return total, fmt.Errorf("hand on the jobs of process %s: %w", id, err)
		}
	}
	return total, nil
}

// lostAge is how long a process has a job before it can be called lost: it must have had the time to hear of it.
const lostAge = 5 * time.Second

// HandOnLost puts jobs that the database gave to process self, and that it does not know of, back into the queue: the
// answer to a fetch was lost with a connection, so nobody works on them. It returns how many there were.
func (s *Processes) HandOnLost(ctx context.Context, self string, known func(job int64) bool) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, handOnTime)
	defer cancel()
	ids, err := s.q.JobsRunningIn(ctx, s.pool, queries.JobsRunningInParams{ProcessID: self, Seconds: int32(lostAge.Seconds())})
	if err != nil {
		return 0, translate(fmt.Errorf("list own jobs: %w", err))
	}
	lost := slices.DeleteFunc(ids, known)
	if len(lost) == 0 {
		return 0, nil
	}
	n, err := s.q.HandOnJobs(ctx, s.pool, queries.HandOnJobsParams{ProcessID: self, Ids: lost})
	if err != nil {
		return 0, translate(fmt.Errorf("hand on lost jobs: %w", err))
	}
	return int(n), nil
}
