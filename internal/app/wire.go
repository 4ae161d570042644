package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/jackc/pgx/v5"
	"riverqueue.com/riverui"

	"peneira/internal/api"
	"peneira/internal/backup"
	"peneira/internal/console"
	"peneira/internal/jobs"
	"peneira/internal/observe"
	"peneira/internal/postgres"
	"peneira/internal/sandbox"
	"peneira/internal/script"
)

// parts are what wire makes, ready to be started.
type parts struct {
	queue   *jobs.Client
	endings *postgres.Endings
	gate    *gate
	handler http.Handler
	ready   func(context.Context) error
}

func (a *App) newSandboxes() (*sandbox.Pool, error) {
	number := a.cfg.Sandboxes
	if !a.cfg.Role.Worker() {
		number = 1 // only checks what is hosted
	}
	require := sandbox.BestEffort
	if a.cfg.Require.Strict() {
		require = sandbox.Strict
	}
	pool, err := sandbox.New(sandbox.Config{
		Sandboxes: number,
		Command:   a.sandbox,
		Require:   require,
		Limits: sandbox.Limits{
			Time: a.cfg.TimeLimit, MemoryBytes: int64(a.cfg.MemoryLimit),
			OutputBytes: int64(a.cfg.OutputLimit), LogBytes: int64(a.cfg.LogLimit),
		},
		Logger: a.log.With("part", "sandbox"),
	})
	if err != nil {
		return nil, err
	}
	return pool, a.metrics.Register(observe.NewSandboxCollector(pool.Stats))
}

// wire makes the parts and tells them of one another.
func (a *App) wire(ctx context.Context, database *database, pool *sandbox.Pool) (*parts, error) {
	bucket, err := newBucket(a.cfg.Bucket)
	if err != nil {
		return nil, err
	}
	backups := backup.New(backup.Config{
		Bucket:      bucket,
		DatabaseURL: database.url, Dir: a.cfg.BackupDir(), LogDir: a.cfg.LogDir(), BinDir: database.binDir(a.cfg.PGBin),
		Retention: a.cfg.BackupRetention, Logger: a.log.With("part", "backup"),
	})
	scripts := postgres.NewScripts(database.pool)
	endings := postgres.NewEndings(database.pool, a.log)
	executions := postgres.NewExecutions(database.pool, jobs.ExecutionJob)
	executions.ObserveGroups(a.metrics.GroupFlushed)
	if a.cfg.Role.Worker() {
		executions.WorkHere(endings)
	}
	queue, err := a.newQueue(database, pool, scripts, backups, executions, endings)
	if err != nil {
		return nil, err
	}
	if a.cfg.Role.Worker() {
		executions.BeginHere(queue)
	}
	monitor := postgres.NewMonitor(database.pool, jobs.QueueExecutions, jobs.QueueLarge)
	if err := a.metrics.Register(observe.NewDatabaseCollector(monitor, database.pool)); err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	free := func() (uint64, error) { return freeSpace(a.cfg.DataDir) }
	if err := a.metrics.Register(observe.NewDiskCollector(free, int64(a.cfg.DiskFree))); err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	health, err := newHealth(a, monitor, pool)
	if err != nil {
		return nil, err
	}
	cfg := api.Config{
		Scripts:    scripts,
		Executions: acceptCounter{executions, a.metrics, a.tracing.Tracer()},
		Endings:    endings,
		Keys:       postgres.NewKeys(database.pool),
		Stopping:   ctx.Done(),
		Checker:    checker{pool},
		Backups:    backupRequests{queue: queue, states: postgres.NewJobs(database.pool)},
		Health:     health,
		Version:    a.version,
		Limits: api.Limits{InputBytes: int(a.cfg.InputLimit), Script: script.Limits{
			Time: a.cfg.TimeLimit, MemoryBytes: int64(a.cfg.MemoryLimit),
			OutputBytes: int64(a.cfg.OutputLimit), LogBytes: int64(a.cfg.LogLimit),
		}},
		Memory:  a.memory.requests,
		Logger:  a.log,
		Mounts:  api.Mounts{Metrics: a.metrics.Handler()},
		Observe: a.metrics.RequestServed,
	}
	p := &parts{queue: queue, endings: endings, ready: health.partsReady}
	if p.gate, err = a.newGate(ctx, database, endings, &cfg); err != nil {
		return nil, err
	}
	if !a.cfg.Role.API() {
		p.handler = api.NewOps(cfg)
		return p, nil
	}
	if cfg.Mounts.Console, err = console.Handler(console.Info{
		Version: a.version, TimeLimit: a.cfg.TimeLimit, MemoryLimitBytes: int64(a.cfg.MemoryLimit),
		InputLimitBytes: int64(a.cfg.InputLimit), OutputLimitBytes: int64(a.cfg.OutputLimit),
	}); err != nil {
		return nil, err
	}
	if cfg.Mounts.RiverUI, err = a.newRiverUI(ctx, queue); err != nil {
		return nil, err
	}
	p.handler = a.tracing.Requests(api.New(cfg))
	return p, nil
}

func (a *App) newQueue(
	database *database, pool *sandbox.Pool, scripts *postgres.Scripts, backups *backup.Service,
	executions *postgres.Executions, endings *postgres.Endings,
) (*jobs.Client, error) {
	// River reports job counts every few seconds; metrics say that better.
	cfg := jobs.Config{
		Pool: database.pool, Relaxed: database.relaxed, Takes: postgres.NewTakes(database.relaxed), Logger: a.log,
		RiverLogger: observe.Quieter(a.log.With("part", "river"), slog.LevelWarn),
	}
	if a.cfg.Role.Worker() {
		schedule, err := a.cfg.BackupCron()
		if err != nil {
			return nil, err
		}
		cfg.Work = &jobs.WorkConfig{
			Executions: executions, Endings: endings, Versions: scripts, Keys: postgres.NewKeys(database.pool),
			Payloads: postgres.NewPayloads(database.pool), Retention: a.cfg.Retention, JobRetention: a.cfg.JobRetention,
			Inputs: a.memory.inputs, Outputs: a.memory.outputs, Sandbox: pool, Sandboxes: pool.Stats().Size, TimeLimit: a.cfg.TimeLimit,
			Processes: postgres.NewProcesses(database.pool), Backups: backupActions(backups), BackupSchedule: schedule,
			BackupHistory: postgres.NewBackups(database.pool),
			StopTime:      a.cfg.ShutdownTime, Observer: a.metrics, Tracer: a.tracing.Tracer(),
			Chores: append(a.accessChores(database), scripts.ThinMarks),
		}
	}
	return jobs.New(cfg)
}

func (a *App) newRiverUI(ctx context.Context, queue *jobs.Client) (http.Handler, error) {
	handler, err := riverui.NewHandler(&riverui.HandlerOpts{
		Endpoints: riverui.NewEndpoints(queue.River(), &riverui.EndpointsOpts[pgx.Tx]{}),
		Logger:    a.log.With("part", "river ui"),
		Prefix:    "/riverui",
	})
	if err != nil {
		return nil, fmt.Errorf("set River UI up: %w", err)
	}
	if err := handler.Start(ctx); err != nil {
		return nil, fmt.Errorf("start River UI: %w", err)
	}
	return handler, nil
}
