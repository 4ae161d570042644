// Package jobs is the queue: it puts executions into River, works on them, and runs what is periodic.
package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/robfig/cron/v3"
	"go.opentelemetry.io/otel/trace"

	"peneira/internal/budget"
	"peneira/internal/execution"
	"peneira/internal/sandbox"
	"peneira/internal/script"
)

// The queues. Maintenance has its own, so that it never waits for scripts nor they for it; so have backups, which may take
// hours and are made one at a time. So have executions with large inputs: however many of them wait for memory, they take no
// worker from the others.
const (
	QueueExecutions  = "executions"
	QueueLarge       = "executions-large"
	QueueMaintenance = "maintenance"
	QueueBackups     = "backups"
)

// How River is tuned.
const (
	// fetchCooldown bounds how often a process fetches, and also how often one that inserts notifies: River sends one
	// notification per cooldown and none trailing, so a long one delays the second of two executions in a row.
	fetchCooldown = 2 * time.Millisecond
	// fetchPollInterval catches what no notification announces: jobs handed on, and inserts whose notification was lost
	// with a rolled-back transaction.
	fetchPollInterval = 100 * time.Millisecond
	// workersPerSandbox keeps so many executions loaded for each sandbox. Those that wait cost little but their input, and
	// what a group of them reads and writes together costs PostgreSQL a fraction of what each alone would.
	workersPerSandbox = 32
	// largeWorkersPerSandbox keeps the next large input loaded while one runs.
	largeWorkersPerSandbox = 2
	// headstartsPerSandbox bounds the runs that are over, or under way, before they are written or their job is taken.
	headstartsPerSandbox = 4
)

// Executions is what the queue needs of the store of executions.
type Executions interface {
	Task(ctx context.Context, queued execution.Queued) (execution.Task, error)
	Start(ctx context.Context, run execution.Run) error
	Finish(ctx context.Context, run execution.Run, outcome execution.Outcome) (queueTime time.Duration, err error)
	Status(ctx context.Context, id uuid.UUID) (execution.Status, error)
	MakePartitions(ctx context.Context, now time.Time) (int, error)
	// DropPartitions removes what was accepted in months that ended before a moment.
	DropPartitions(ctx context.Context, before time.Time) (int, error)
}

// Endings tells when executions end, by whatever hand.
type Endings interface {
	Watch(id uuid.UUID) (woken <-chan execution.Execution, leave func())
}

// Keys remembers idempotency keys.
type Keys interface {
	// DropOld forgets those that need no longer be remembered and returns how many there were.
	DropOld(ctx context.Context) (int, error)
}

// Versions gives the source of a script's version.
type Versions interface {
	Version(ctx context.Context, id uuid.UUID, number int) (script.Version, error)
}

// Sandbox runs a script.
type Sandbox interface {
	Execute(ctx context.Context, request sandbox.Request) (execution.Outcome, error)
	// Reserve keeps an idle sandbox for one run, and reports false when there is none.
	Reserve(program sandbox.Program) (*sandbox.Seat, bool)
}

// Observer is told what happened, for metrics.
type Observer interface {
	ExecutionFinished(outcome execution.Outcome, queueTime time.Duration)
	JobsHandedOn(n int)
	BackupEnded(action string, err error)
}

// WorkConfig is what a process needs to work on jobs.
type WorkConfig struct {
	Executions     Executions
	Endings        Endings
	Keys           Keys
	Payloads       Payloads
	Retention      time.Duration // of executions; 0 keeps them
	JobRetention   time.Duration // of jobs that are done
	Versions       Versions
	Sandbox        Sandbox
	Inputs         *budget.Budget // what inputs of runs may take
	Outputs        *budget.Brake  // what their results may take
	Sandboxes      int            // how many scripts run at once
	TimeLimit      time.Duration  // of one run
	Processes      Processes
	Backups        BackupActions
	BackupHistory  BackupHistory
	BackupSchedule cron.Schedule // nil: no periodic backups
	StopTime       time.Duration // how long Stop waits for running jobs before it hands them back
	Observer       Observer
	Tracer         trace.Tracer // makes the spans of executions
	// Chores are done each hour, besides the queue's own.
	Chores []func(ctx context.Context) error
}

// Config is what the queue needs.
type Config struct {
	Pool *pgxpool.Pool
	// Relaxed has connections to the same database that do not wait for the disk, for what may be forgotten in a crash of it.
	// Nil: everything waits.
	Relaxed *pgxpool.Pool
	// Takes takes jobs over Relaxed.
	Takes  Takes
	Logger *slog.Logger
	// RiverLogger gets what River itself has to say.
	RiverLogger *slog.Logger
	// Work makes the process work on jobs; nil makes it only insert them.
	Work *WorkConfig
}

// Client is this process's end of the queue.
type Client struct {
	river *river.Client[pgx.Tx]
	id    string
	log   *slog.Logger
	work  *WorkConfig
	proof proof
	held  *held
	// worker is nil in a process that only inserts.
	worker *executionWorker

	// stopping ends when a stop begins: what has not begun to run by then is handed back at once.
	stopping context.Context //nolint:containedctx // a signal with the means to wait on it, not a request's context
	stop     context.CancelFunc
}

// New returns a client that has not begun to work. It does not touch the database.
func New(cfg Config) (*Client, error) {
	c := &Client{id: processID(), log: cfg.Logger, work: cfg.Work, held: newHeld()}
	c.stopping, c.stop = context.WithCancel(context.Background())
	riverConfig := &river.Config{
		ID:                c.id,
		Logger:            cfg.RiverLogger,
		FetchCooldown:     fetchCooldown,
		FetchPollInterval: fetchPollInterval,
		RetryPolicy:       retryPolicy{},
		MaxAttempts:       maxAttempts,
	}
	if cfg.Work != nil {
		c.configureWork(riverConfig, cfg.Work)
	}
	var err error
	c.river, err = river.NewClient(newDriver(cfg, c.held), riverConfig)
	if err != nil {
		return nil, fmt.Errorf("configure the queue: %w", err)
	}
	return c, nil
}

func (c *Client) configureWork(riverConfig *river.Config, work *WorkConfig) {
	// A job also waits for a sandbox, behind at most workersPerSandbox others. Past that time something is wrong and
	// the job is handed back.
	timeout := time.Duration(workersPerSandbox+largeWorkersPerSandbox+1)*work.TimeLimit + time.Minute
	riverConfig.JobTimeout = timeout
	riverConfig.RescueStuckJobsAfter = timeout + time.Minute
	// The executions table is the record; done jobs are of use to River UI alone. At 500 a second a quarter of an hour of them is
	// 450,000 rows. River's cleaner walks through all of them every 30 seconds, so a day of them would keep PostgreSQL busy.
	riverConfig.CompletedJobRetentionPeriod = work.JobRetention
	riverConfig.SoftStopTimeout = max(work.StopTime, time.Millisecond)
	riverConfig.Queues = map[string]river.QueueConfig{
		QueueExecutions:  {MaxWorkers: workersPerSandbox * work.Sandboxes},
		QueueLarge:       {MaxWorkers: largeWorkersPerSandbox * work.Sandboxes},
		QueueMaintenance: {MaxWorkers: 2, FetchCooldown: 20 * time.Millisecond, FetchPollInterval: time.Second},
		QueueBackups:     {MaxWorkers: 1, FetchCooldown: 20 * time.Millisecond, FetchPollInterval: time.Second},
	}
	workers := river.NewWorkers()
	c.worker = &executionWorker{
		executions: work.Executions, endings: work.Endings, sources: newSources(work.Versions), sandbox: work.Sandbox,
		inputs: work.Inputs, outputs: work.Outputs, observer: work.Observer, tracer: work.Tracer, held: c.held, stopping: c.stopping,
		headstarts: newHeadstarts(headstartsPerSandbox*work.Sandboxes, work.Outputs),
	}
	river.AddWorker(workers, c.worker)
	river.AddWorker(workers, &upkeepWorker{executions: work.Executions, keys: work.Keys, chores: work.Chores, retention: work.Retention, log: c.log})
	river.AddWorker(workers, &payloadsWorker{payloads: work.Payloads, log: c.log})
	river.AddWorker(workers, &backupWorker{
		actions: work.Backups, history: work.BackupHistory, schedule: work.BackupSchedule, observer: work.Observer, log: c.log,
	})
	riverConfig.Workers = workers
	riverConfig.Middleware = []rivertype.Middleware{c.held}
	riverConfig.PeriodicJobs = periodicJobs(work)
}

// ID names this process in River's tables and in logs.
func (c *Client) ID() string { return c.id }

// River returns the client for River UI.
func (c *Client) River() *river.Client[pgx.Tx] { return c.river }

// maxAttempts is how often a job is tried when the fault is ours; a script's own error is a result and never retried.
const maxAttempts = 10

// retryPolicy waits 1, 2, 4 … seconds, at most a minute: our faults are mostly a part that is away for a moment.
type retryPolicy struct{}

// NextRetry implements river.ClientRetryPolicy.
func (retryPolicy) NextRetry(job *rivertype.JobRow) time.Time {
	wait := time.Minute
	if n := len(job.Errors); n < 6 {
		wait = time.Second << n
	}
	return time.Now().Add(wait)
}
