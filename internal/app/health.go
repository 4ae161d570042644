package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"peneira/internal/api"
	"peneira/internal/failure"
	"peneira/internal/sandbox"
)

// health asks each part of the service how it is.
type health struct {
	app      *App
	database *database
	pool     *sandbox.Pool
}

func newHealth(a *App, d *database, pool *sandbox.Pool) *health {
	return &health{app: a, database: d, pool: pool}
}

// healthPatience bounds each question: a probe must be answered even when a part is not.
const healthPatience = 2 * time.Second

// Report implements api.Health.
func (h *health) Report(ctx context.Context) api.HealthReport {
	return api.HealthReport{Parts: []api.HealthPart{
		ask(ctx, "database", h.askDatabase),
		ask(ctx, "sandbox", h.askSandbox),
		ask(ctx, "service", h.askService),
	}}
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
	return api.HealthPart{Name: name, Status: status, Detail: detail, Duration: time.Since(begun)}
}

func (h *health) askDatabase(ctx context.Context) (api.HealthStatus, string) {
	ctx, cancel := context.WithTimeout(ctx, healthPatience)
	defer cancel()
	if err := h.database.pool.Ping(ctx); err != nil {
		return api.HealthDown, "the database does not answer"
	}
	return api.HealthOK, "the database answers and its schema is up to date"
}

func (h *health) askSandbox(context.Context) (api.HealthStatus, string) {
	if err := h.pool.Ready(); err != nil {
		// The cause is for the log; what a probe shows is only what is meant to be read.
		detail := "no sandbox could be started"
		if known, ok := errors.AsType[*failure.Error](err); ok {
			detail = known.Detail
		}
		return api.HealthDown, detail
	}
	var missing []string
	for _, m := range h.pool.Lockdown() {
		if !m.Active {
			missing = append(missing, m.Name)
		}
	}
	stats := h.pool.Stats()
	detail := fmt.Sprintf("%d of %d sandboxes are ready", stats.Idle+stats.Busy, stats.Size)
	if len(missing) > 0 {
		return api.HealthDegraded, detail + "; this system does not grant: " + strings.Join(missing, ", ")
	}
	return api.HealthOK, detail
}

func (h *health) askService(context.Context) (api.HealthStatus, string) {
	if !h.app.ready.Load() {
		return api.HealthDown, "the service is starting or stopping"
	}
	return api.HealthOK, "role " + string(h.app.cfg.Role) + ", version " + h.app.version
}
