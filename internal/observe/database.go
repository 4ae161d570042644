package observe

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"peneira/internal/postgres"
)

// snapshotAge is how long a look at the database serves the metrics: several who scrape cost it no more than one.
const snapshotAge = 5 * time.Second

// DatabaseCollector looks at the database and at the pool of connections each time metrics are asked for.
type DatabaseCollector struct {
	look func(ctx context.Context, maxAge time.Duration) (postgres.Snapshot, error)
	pool func() *pgxpool.Stat
}

// NewDatabaseCollector returns a collector over a monitor and a pool.
func NewDatabaseCollector(monitor *postgres.Monitor, pool *pgxpool.Pool) DatabaseCollector {
	return DatabaseCollector{look: monitor.Look, pool: pool.Stat}
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("peneira_"+name, help, labels, nil)
}

var (
	databaseUp   = describe("database_up", "1 if the database answered within two seconds.")
	queueJobs    = describe("queue_jobs", "Jobs of executions in the queue, by state, counted up to 100,000. Every process tells the same.", "state")
	queueOldest  = describe("queue_oldest_seconds", "How long the first of the executions that wait has waited. Every process tells the same.")
	workersAlive = describe("workers", "Worker processes that are alive, on all machines. Every process tells the same.")
	partitions   = describe("partition_horizon_seconds", "Time until executions have no partition of their own any more.")
	backupGood   = describe("backup_last_success_timestamp_seconds", "When the last good backup of the database began; 0: there is none.")
	backupFailed = describe("backup_last_failure_timestamp_seconds", "When the last backup of the database that failed began; 0: none has.")
	backupBytes  = describe("backup_last_success_bytes", "Size of the last good backup of the database.")
	backupAge    = describe("backup_age_seconds", "Age of the last good backup of the database; before the first, time since backups are looked for.")

	poolConnections = describe("pool_connections", "Connections of this process to the database, by what they do.", "state")
	poolMax         = describe("pool_connections_max", "Most connections that this process opens.")
	poolAcquires    = describe("pool_acquires_total", "Times that a connection was taken from the pool.")
	poolWaits       = describe("pool_waits_total", "Times that one had to be waited for, since all were busy.")
	poolWaited      = describe("pool_wait_seconds_total", "Time that was waited for connections.")
	poolGivenUp     = describe("pool_waits_given_up_total", "Waits for a connection that ended without one.")
)

// Describe implements prometheus.Collector.
func (DatabaseCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		databaseUp, queueJobs, queueOldest, workersAlive, partitions, backupGood, backupFailed, backupBytes, backupAge,
		poolConnections, poolMax, poolAcquires, poolWaits, poolWaited, poolGivenUp,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c DatabaseCollector) Collect(ch chan<- prometheus.Metric) {
	c.collectPool(ch)
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	s, err := c.look(context.Background(), snapshotAge)
	if err != nil {
		gauge(databaseUp, 0) // the rest is not known
		return
	}
	gauge(databaseUp, 1)
	gauge(queueJobs, float64(s.Available), "available")
	gauge(queueJobs, float64(s.Running), "running")
	gauge(queueJobs, float64(s.Retryable), "retryable")
	gauge(queueOldest, s.Oldest.Seconds())
	gauge(workersAlive, float64(s.Workers))
	gauge(partitions, time.Until(s.PartitionsEnd).Seconds())
	gauge(backupGood, timestamp(s.BackupGood))
	gauge(backupFailed, timestamp(s.BackupFailed))
	gauge(backupBytes, float64(s.BackupBytes))
	since := s.BackupGood
	if since.IsZero() {
		since = s.BackupsDueFrom
	}
	gauge(backupAge, time.Since(since).Seconds())
}

func (c DatabaseCollector) collectPool(ch chan<- prometheus.Metric) {
	s := c.pool()
	gauge := func(d *prometheus.Desc, value int32, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(value), labels...)
	}
	counter := func(d *prometheus.Desc, value float64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, value)
	}
	gauge(poolConnections, s.AcquiredConns(), "busy")
	gauge(poolConnections, s.IdleConns(), "idle")
	gauge(poolConnections, s.ConstructingConns(), "opening")
	gauge(poolMax, s.MaxConns())
	counter(poolAcquires, float64(s.AcquireCount()))
	counter(poolWaits, float64(s.EmptyAcquireCount()))
	counter(poolWaited, s.EmptyAcquireWaitTime().Seconds())
	counter(poolGivenUp, float64(s.CanceledAcquireCount()))
}

func timestamp(at time.Time) float64 {
	if at.IsZero() {
		return 0
	}
	return float64(at.UnixMilli()) / 1000
}
