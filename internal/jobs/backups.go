package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"

	"peneira/internal/failure"
)

// BackupAction is what a backup job does.
type BackupAction string

// The actions.
const (
	BackupDatabase BackupAction = "database"
	BackupLogs     BackupAction = "logs"
	BackupCleanup  BackupAction = "cleanup"
)

// BackupResult is what an action did.
type BackupResult struct {
	Path    string    `json:"path"` // empty for a clean-up
	Message string    `json:"message"`
	At      time.Time `json:"at"`
}

// BackupActions carries the actions out.
type BackupActions map[BackupAction]func(context.Context) (BackupResult, error)

type backupArgs struct {
	Action BackupAction `json:"action"`
}

// Kind implements river.JobArgs.
func (backupArgs) Kind() string { return "backup" }

// InsertOpts implements river.JobArgsWithInsertOpts. A backup that failed is tried again by the next one, or by hand:
// the failed job stays for River UI to show.
func (backupArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueMaintenance, MaxAttempts: 1}
}

type backupWorker struct {
	river.WorkerDefaults[backupArgs]
	actions BackupActions
	log     *slog.Logger
}

// backupTime is how long a backup may take: many times what a database that one machine carries needs.
const backupTime = 6 * time.Hour

// Timeout implements river.Worker.
func (*backupWorker) Timeout(*river.Job[backupArgs]) time.Duration { return backupTime }

// Work implements river.Worker.
func (w *backupWorker) Work(ctx context.Context, job *river.Job[backupArgs]) error {
	action, ok := w.actions[job.Args.Action]
	if !ok {
		return river.JobCancel(fmt.Errorf("there is no backup action %q", job.Args.Action))
	}
	result, err := action(ctx)
	if err != nil {
		// The one who asked reads the reason, if it is one that is meant to be read.
		if known, ok := errors.AsType[*failure.Error](err); ok {
			err = errors.Join(err, river.RecordOutput(ctx, backupFailure{Kind: known.Kind, Code: known.Code, Detail: known.Detail}))
		}
		return err
	}
	w.log.InfoContext(ctx, "backup", "action", job.Args.Action, "path", result.Path, "message", result.Message)
	return river.RecordOutput(ctx, result)
}

type backupFailure struct {
	Kind   failure.Kind `json:"failure"`
	Code   string       `json:"code"`
	Detail string       `json:"detail"`
}

// JobStates tells where a job stands.
type JobStates interface {
	State(ctx context.Context, id int64) (state string, output []byte, lastError string, err error)
}

// Backup has an action carried out by a worker and waits for it. It returns the failure that the action ended with, a
// failure of kind Unavailable when no worker did it in time, and ctx's error when ctx ends: the job then goes on.
func (c *Client) Backup(ctx context.Context, states JobStates, action BackupAction) (BackupResult, error) {
	inserted, err := c.river.Insert(ctx, backupArgs{Action: action}, nil)
	if err != nil {
		return BackupResult{}, fmt.Errorf("enqueue backup: %w", err)
	}
	tick := time.NewTicker(backupPoll)
	defer tick.Stop()
	giveUp := time.After(backupPatience)
	for {
		state, output, lastError, err := states.State(ctx, inserted.Job.ID)
		if err != nil {
			return BackupResult{}, err
		}
		switch state {
		case "completed":
			var result BackupResult
			if err := json.Unmarshal(output, &result); err != nil {
				return BackupResult{}, fmt.Errorf("read the backup's result: %w", err)
			}
			return result, nil
		case "discarded", "cancelled":
			return BackupResult{}, backupError(output, lastError)
		}
		select {
		case <-ctx.Done():
			return BackupResult{}, ctx.Err()
		case <-giveUp:
			return BackupResult{}, failure.New(failure.Unavailable, "backup-pending",
				"The backup has not finished yet and goes on as job %d; River UI shows how it stands. If it has not begun, no worker is running.",
				inserted.Job.ID)
		case <-tick.C:
		}
	}
}

// A request waits for a backup this long, and looks this often: a dump takes seconds to minutes.
const (
	backupPatience = 10 * time.Minute
	backupPoll     = 100 * time.Millisecond
)

func backupError(output []byte, lastError string) error {
	var known backupFailure
	if json.Unmarshal(output, &known) == nil && known.Kind != "" {
		return failure.New(known.Kind, known.Code, "%s", known.Detail)
	}
	return errors.New("backup failed: " + lastError)
}
