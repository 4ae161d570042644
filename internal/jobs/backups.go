package jobs

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/robfig/cron/v3"

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
	Bytes   int64     `json:"bytes"`
	Message string    `json:"message"`
	At      time.Time `json:"at"`
}

// BackupActions carries the actions out.
type BackupActions map[BackupAction]func(context.Context) (BackupResult, error)

// BackupHistory remembers what became of backups.
type BackupHistory interface {
	// Begin notes that one has begun and returns its number.
	Begin(ctx context.Context, action string) (int64, error)
	// End notes how it ended.
	End(ctx context.Context, id int64, path string, bytes int64, failed error) error
	// LastTried tells when the last one of the database began, well or not, or else from when on they are due.
	LastTried(ctx context.Context) (time.Time, error)
}

type backupArgs struct {
	Action BackupAction `json:"action"`
	// IfMissed has the backup made only if one should have begun and has not: nobody worked at its time.
	IfMissed bool `json:"if_missed,omitempty"`
	// Ticket is what the one who asked finds the job by: its id changes when another process takes it over.
	Ticket string `json:"ticket,omitempty"`
}

// Kind implements river.JobArgs.
func (backupArgs) Kind() string { return "backup" }

// InsertOpts implements river.JobArgsWithInsertOpts. A backup that failed is tried again by the next one, or by hand:
// the failed job stays for River UI to show.
func (backupArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: QueueBackups, MaxAttempts: 1}
}

type backupWorker struct {
	river.WorkerDefaults[backupArgs]
	actions  BackupActions
	history  BackupHistory
	schedule cron.Schedule // nil: none is due by itself
	observer Observer
	log      *slog.Logger
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
	if job.Args.IfMissed {
		missed, err := w.missed(ctx)
		if err != nil || !missed {
			return err
		}
		w.log.InfoContext(ctx, "a backup was missed and is made now")
	}
	result, err := w.carryOut(ctx, job.Args.Action, action)
	switch {
	case err == nil:
		w.log.InfoContext(ctx, "backup", "action", job.Args.Action, "path", result.Path, "message", result.Message)
		return river.RecordOutput(ctx, result)
	case ctx.Err() != nil && errors.Is(context.Cause(ctx), river.ErrJobCancelledRemotely):
		return context.Cause(ctx)
	case errors.Is(ctx.Err(), context.Canceled):
		return river.JobSnooze(0) // the process stops: the next one makes it
	}
	// The one who asked reads the reason, if it is one that is meant to be read.
	if known, ok := errors.AsType[*failure.Error](err); ok {
		err = errors.Join(err, river.RecordOutput(ctx, backupFailure{Kind: known.Kind, Code: known.Code, Detail: known.Detail}))
	}
	return err
}

// carryOut does an action, and has it noted and counted.
func (w *backupWorker) carryOut(
	ctx context.Context, name BackupAction, action func(context.Context) (BackupResult, error),
) (BackupResult, error) {
	id, err := w.history.Begin(ctx, string(name))
	if err != nil {
		return BackupResult{}, err
	}
	result, err := action(ctx)
	w.observer.BackupEnded(string(name), err)
	noting, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTime)
	defer cancel()
	// The backup is what counts; that it was made is known from its file, too.
	if noteErr := w.history.End(noting, id, result.Path, result.Bytes, err); noteErr != nil {
		w.log.WarnContext(ctx, "cannot note how a backup ended", "error", noteErr)
	}
	return result, err
}

// noteTime bounds the noting of what became of a backup.
const noteTime = 10 * time.Second

// clockSlack is how far the clocks of two processes may be apart without a backup being made twice.
const clockSlack = time.Minute

// missed reports whether a backup should have begun since the last one was tried.
func (w *backupWorker) missed(ctx context.Context) (bool, error) {
	if w.schedule == nil {
		return false, nil
	}
	last, err := w.history.LastTried(ctx)
	if err != nil {
		return false, err
	}
	return !w.schedule.Next(last.Add(clockSlack)).After(time.Now()), nil
}

type backupFailure struct {
	Kind   failure.Kind `json:"failure"`
	Code   string       `json:"code"`
	Detail string       `json:"detail"`
}

// JobStates tells where the backup with a ticket stands.
type JobStates interface {
	State(ctx context.Context, ticket string) (state string, output []byte, lastError string, err error)
}

// Backup has an action carried out by a worker and waits for it. It returns the failure that the action ended with; a
// failure of kind Unavailable when no worker did it in time, or this process begins to stop; and ctx's error when ctx ends.
// The job then goes on.
func (c *Client) Backup(ctx context.Context, states JobStates, action BackupAction) (BackupResult, error) {
	ticket := rand.Text()
	if _, err := c.river.Insert(ctx, backupArgs{Action: action, Ticket: ticket}, nil); err != nil {
		return BackupResult{}, fmt.Errorf("enqueue backup: %w", err)
	}
	tick := time.NewTicker(backupPoll)
	defer tick.Stop()
	giveUp := time.After(backupPatience)
	for {
		state, output, lastError, err := states.State(ctx, ticket)
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
		case <-c.stopping.Done():
			return BackupResult{}, failure.New(failure.Unavailable, "backup-pending",
				"This server is shutting down. The backup goes on, here or in another process; River UI shows how it stands.")
		case <-giveUp:
			return BackupResult{}, failure.New(failure.Unavailable, "backup-pending",
				"The backup has not finished yet and goes on; River UI shows how it stands. If it has not begun, no worker is running.")
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
