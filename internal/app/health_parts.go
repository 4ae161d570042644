package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"peneira/internal/api"
	"peneira/internal/failure"
	"peneira/internal/postgres"
)

func (h *health) askDatabase(ctx context.Context) (api.HealthStatus, string) {
	ctx, cancel := context.WithTimeout(ctx, healthPatience)
	defer cancel()
	version, err := h.monitor.SchemaVersion(ctx)
	switch {
	case failure.KindOf(err) == failure.Unavailable || ctx.Err() != nil:
		return api.HealthDown, "the database does not answer"
	case err != nil:
		return api.HealthDown, "the database answers, but holds nothing of this service"
	case version < h.schema:
		return api.HealthDown, "the database answers, but its schema is older than this program"
	}
	return api.HealthOK, "the database answers"
}

func (h *health) askMigrations(s postgres.Snapshot) (api.HealthStatus, string) {
	switch {
	case s.SchemaVersion < h.schema:
		return api.HealthDown, fmt.Sprintf("the schema is of version %d, and this program needs %d: run peneira migrate, or start this program anew", s.SchemaVersion, h.schema)
	case s.SchemaVersion > h.schema:
		return api.HealthDegraded, fmt.Sprintf("the schema is of version %d, and this program knows up to %d: it is older than another that has migrated", s.SchemaVersion, h.schema)
	}
	return api.HealthOK, fmt.Sprintf("the schema is of version %d, as this program needs", h.schema)
}

// longWait is how long an execution may wait before the queue counts as held up.
const longWait = 5 * time.Minute

func (h *health) askQueue(s postgres.Snapshot) (api.HealthStatus, string) {
	detail := fmt.Sprintf("%d waiting, %d running, %d to be tried again", s.Available, s.Running, s.Retryable)
	if s.Available == 0 {
		return api.HealthOK, detail
	}
	detail += fmt.Sprintf("; the oldest has waited for %v", s.Oldest.Round(time.Second))
	if s.Oldest > longWait {
		return api.HealthDegraded, detail
	}
	return api.HealthOK, detail
}

func (h *health) askWorkers(s postgres.Snapshot) (api.HealthStatus, string) {
	switch s.Workers {
	case 0:
		return api.HealthDegraded, "no worker is alive: executions are accepted and wait"
	case 1:
		return api.HealthOK, "1 worker process is alive"
	default:
		return api.HealthOK, fmt.Sprintf("%d worker processes are alive", s.Workers)
	}
}

// backupSlack is how long a backup may take, or be late, before that is told.
const backupSlack = time.Hour

func (h *health) askBackup(s postgres.Snapshot) (api.HealthStatus, string) {
	detail, since := "there is none yet", s.BackupsDueFrom
	if !s.BackupGood.IsZero() {
		detail, since = "the last good one began at "+s.BackupGood.UTC().Format(time.RFC3339), s.BackupGood
	}
	switch {
	case s.BackupFailed.After(s.BackupGood):
		return api.HealthDegraded, detail + "; the one of " + s.BackupFailed.UTC().Format(time.RFC3339) + " failed, see the job in River UI"
	case h.schedule == nil:
		return api.HealthOK, detail + "; periodic backups are off"
	case h.schedule.Next(since).Add(backupSlack).Before(time.Now()):
		return api.HealthDegraded, detail + "; the next one is late"
	}
	return api.HealthOK, detail
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

func (h *health) askDisk(context.Context) (api.HealthStatus, string) {
	free, err := freeSpace(h.app.cfg.DataDir)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return api.HealthOK, "free space is not looked at on this system"
	case err != nil:
		return api.HealthDegraded, "the free space of the data directory cannot be told"
	}
	detail := fmt.Sprintf("%d MiB are free for backups, logs and the embedded database", free>>20)
	if free < uint64(h.app.cfg.DiskFree) { //nolint:gosec // checked not to be negative
		return api.HealthDegraded, detail + ", less than " + h.app.cfg.DiskFree.String()
	}
	return api.HealthOK, detail
}

func (h *health) askService(context.Context) (api.HealthStatus, string) {
	if !h.app.ready.Load() {
		return api.HealthDown, "the service is starting or stopping"
	}
	return api.HealthOK, "role " + string(h.app.cfg.Role) + ", version " + h.app.version
}
