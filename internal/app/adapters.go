package app

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"peneira/internal/api"
	"peneira/internal/backup"
	"peneira/internal/execution"
	"peneira/internal/jobs"
	"peneira/internal/observe"
	"peneira/internal/postgres"
	"peneira/internal/sandbox"
)

// acceptCounter counts what is accepted.
type acceptCounter struct {
	*postgres.Executions
	metrics *observe.Metrics
	tracer  trace.Tracer
}

// Accept implements api.Executions.
func (c acceptCounter) Accept(ctx context.Context, request execution.Request) (execution.Execution, error) {
	ctx, span := c.tracer.Start(ctx, "accept")
	defer span.End()
	request.Trace = observe.TraceOf(ctx)
	accepted, err := c.Executions.Accept(ctx, request)
	if err == nil {
		span.SetAttributes(attribute.String("peneira.execution.id", accepted.ID.String()))
		c.metrics.ExecutionAccepted()
	}
	return accepted, err
}

// checker tells the API whether a script can be hosted.
type checker struct{ pool *sandbox.Pool }

// Check implements api.Checker.
func (c checker) Check(ctx context.Context, source string) error {
	_, err := c.pool.Check(ctx, source)
	return err
}

// backupActions are what the worker does with a backup job.
func backupActions(service *backup.Service) jobs.BackupActions {
	as := func(do func(context.Context) (backup.Result, error)) func(context.Context) (jobs.BackupResult, error) {
		return func(ctx context.Context) (jobs.BackupResult, error) {
			r, err := do(ctx)
			return jobs.BackupResult{Path: r.Path, Bytes: r.Bytes, Message: r.Message, At: r.At}, err
		}
	}
	return jobs.BackupActions{
		jobs.BackupDatabase: as(service.Database), jobs.BackupLogs: as(service.Logs), jobs.BackupCleanup: as(service.Cleanup),
	}
}

// backupRequests is how the API asks for backups: through the queue, so that a worker makes them.
type backupRequests struct {
	queue  *jobs.Client
	states *postgres.Jobs
}

// Database implements api.Backups.
func (b backupRequests) Database(ctx context.Context) (api.Backup, error) {
	return b.ask(ctx, jobs.BackupDatabase)
}

// Logs implements api.Backups.
func (b backupRequests) Logs(ctx context.Context) (api.Backup, error) {
	return b.ask(ctx, jobs.BackupLogs)
}

// Cleanup implements api.Backups.
func (b backupRequests) Cleanup(ctx context.Context) (api.Backup, error) {
	return b.ask(ctx, jobs.BackupCleanup)
}

func (b backupRequests) ask(ctx context.Context, action jobs.BackupAction) (api.Backup, error) {
	r, err := b.queue.Backup(ctx, b.states, action)
	return api.Backup{Path: r.Path, Message: r.Message, At: r.At}, postgres.Translate(err)
}
