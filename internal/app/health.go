package app

import (
	"context"
	"errors"
	"time"

	"github.com/robfig/cron/v3"

	"peneira/internal/api"
	"peneira/internal/postgres"
	"peneira/internal/sandbox"
)

// health asks each part of the service how it is.
type health struct {
	app      *App
	monitor  *postgres.Monitor
	pool     *sandbox.Pool
	schema   int64         // the version of the database's schema that this program is made for
	schedule cron.Schedule // of backups; nil: none
}

func newHealth(a *App, monitor *postgres.Monitor, pool *sandbox.Pool) (*health, error) {
	schema, err := postgres.ProgramSchema()
	if err != nil {
		return nil, err
	}
	schedule, err := a.cfg.BackupCron()
	return &health{app: a, monitor: monitor, pool: pool, schema: schema, schedule: schedule}, err
}

const (
	// healthPatience bounds each question: a probe must be answered even when a part is not.
	healthPatience = 2 * time.Second
	// healthAge is how long a look at the database serves probes.
	healthAge = time.Second
)

// Report implements api.Health.
func (h *health) Report(ctx context.Context) api.HealthReport {
	parts := []api.HealthPart{ask(ctx, "database", h.askDatabase)}
	began := time.Now()
	snapshot, err := h.monitor.Look(ctx, healthAge)
	looked := time.Since(began)
	for _, question := range []struct {
		name string
		ask  func(postgres.Snapshot) (api.HealthStatus, string)
	}{
		{"migrations", h.askMigrations}, {"queue", h.askQueue}, {"workers", h.askWorkers}, {"backup", h.askBackup},
	} {
		// What one look tells of all of them took its time once for each.
		part := api.HealthPart{Name: question.name, Status: api.HealthDegraded, Detail: "not known while the database does not answer", CheckedAt: began, Duration: looked}
		if err == nil {
			part.CheckedAt = snapshot.At
			part.Status, part.Detail = question.ask(snapshot)
		}
		parts = append(parts, part)
	}
	return api.HealthReport{Parts: append(parts,
		ask(ctx, "sandbox", h.askSandbox), ask(ctx, "disk", h.askDisk), ask(ctx, "service", h.askService))}
}

// Ready implements api.Health.
func (h *health) Ready(ctx context.Context) error {
	if !h.app.ready.Load() {
		return errors.New("the service is starting or stopping")
	}
	return h.partsReady(ctx)
}

// partsReady returns nil when all that requests need is there.
func (h *health) partsReady(ctx context.Context) error {
	for _, question := range []func(context.Context) (api.HealthStatus, string){h.askDatabase, h.askSandbox} {
		if status, detail := question(ctx); status == api.HealthDown {
			return errors.New(detail)
		}
	}
	return nil
}

func ask(ctx context.Context, name string, question func(context.Context) (api.HealthStatus, string)) api.HealthPart {
	begun := time.Now()
	status, detail := question(ctx)
	return api.HealthPart{Name: name, Status: status, Detail: detail, CheckedAt: begun, Duration: time.Since(begun)}
}
