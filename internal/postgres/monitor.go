package postgres

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"peneira/internal/postgres/internal/queries"
)

// Snapshot is what an operator wants to know of the database, at one moment.
type Snapshot struct {
	At            time.Time
	SchemaVersion int64         // the newest migration that is applied
	Available     int           // jobs of executions that wait, counted up to 100,000
	Running       int           // those that a worker has
	Retryable     int           // those that failed for a fault of ours and come back
	Oldest        time.Duration // how long the first of those that wait has waited
	Workers       int           // processes that work on jobs, on all machines
	PartitionsEnd time.Time     // when executions have no partition of their own any more; zero: they never had
	// When the last backup of the database that ended well began, and the last that failed; zero: there was none.
	BackupGood, BackupFailed time.Time
	BackupsDueFrom           time.Time // from when on backups can be late
	BackupBytes              int64     // of the last good one
}

// Monitor looks at the database for metrics and health. Who asks within a moment of another gets the same answer.
type Monitor struct {
	pool   *pgxpool.Pool
	q      *queries.Queries
	queues []string

	mu   sync.Mutex
	last Snapshot
}

// NewMonitor returns a monitor of the database behind pool; queues are those that executions wait in.
func NewMonitor(pool *pgxpool.Pool, queues ...string) *Monitor {
	return &Monitor{pool: pool, q: queries.New(), queues: queues}
}

// monitorTime bounds one look, so that no probe hangs with the database.
const monitorTime = 2 * time.Second

// Look returns a snapshot that is not older than maxAge. Its failure is of kind Unavailable when the database does not
// answer in two seconds.
func (m *Monitor) Look(ctx context.Context, maxAge time.Duration) (Snapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if time.Since(m.last.At) < maxAge {
		return m.last, nil
	}
	ctx, cancel := context.WithTimeout(ctx, monitorTime)
	defer cancel()
	row, err := m.q.Monitor(ctx, m.pool, m.queues)
	if err != nil {
		return Snapshot{}, translate(fmt.Errorf("look at the database: %w", err))
	}
	m.last = Snapshot{
		At: time.Now(), SchemaVersion: row.SchemaVersion,
		Available: int(row.Available), Running: int(row.Running), Retryable: int(row.Retryable),
		Oldest: max(0, time.Duration(row.OldestSeconds*float64(time.Second))), Workers: int(row.Workers),
		PartitionsEnd: endOfMonth(row.LastMonth),
		BackupGood:    zeroForEpoch(row.BackupGood), BackupFailed: zeroForEpoch(row.BackupFailed),
		BackupsDueFrom: zeroForEpoch(row.BackupsDueFrom), BackupBytes: row.BackupBytes,
	}
	return m.last, nil
}

// SchemaVersion returns the newest migration that the database has. It is the cheapest question that shows that the
// database is there and ours.
func (m *Monitor) SchemaVersion(ctx context.Context) (int64, error) {
	version, err := m.q.SchemaVersion(ctx, m.pool)
	return version, translate(err)
}

// endOfMonth returns the end of a month such as 2026_11, or zero for any other text.
func endOfMonth(name string) time.Time {
	month, err := time.Parse("2006_01", name)
	if err != nil {
		return time.Time{}
	}
	return month.AddDate(0, 1, 0)
}

func zeroForEpoch(at time.Time) time.Time {
	if at.Unix() == 0 {
		return time.Time{}
	}
	return at
}
