package jobs

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// upkeepArgs is the periodic job that makes the coming months' partitions, drops those past the retention of executions, and
// forgets what is past its time.
type upkeepArgs struct{}

// Kind implements river.JobArgs.
func (upkeepArgs) Kind() string { return "upkeep" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (upkeepArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: QueueMaintenance} }

type upkeepWorker struct {
	river.WorkerDefaults[upkeepArgs]
	executions Executions
	keys       Keys
	chores     []func(ctx context.Context) error
	retention  time.Duration // of executions; 0 keeps them
	log        *slog.Logger
}

// Work implements river.Worker.
func (w *upkeepWorker) Work(ctx context.Context, _ *river.Job[upkeepArgs]) error {
	made, err := w.executions.MakePartitions(ctx, time.Now())
	if err == nil && made > 0 {
		w.log.InfoContext(ctx, "made partitions of executions", "count", made)
	}
	_, keysErr := w.keys.DropOld(ctx)
	err = errors.Join(err, w.drop(ctx), keysErr)
	for _, do := range w.chores {
		err = errors.Join(err, do(ctx)) // one that fails keeps the others from nothing
	}
	return err
}

// drop drops the months that are past the retention.
func (w *upkeepWorker) drop(ctx context.Context) error {
	if w.retention == 0 {
		return nil
	}
	dropped, err := w.executions.DropPartitions(ctx, time.Now().Add(-w.retention))
	if dropped > 0 {
		w.log.InfoContext(ctx, "dropped partitions of executions past their retention", "count", dropped)
	}
	return err
}

// upkeepInterval is short against the months that are made ahead and the day that keys are kept.
const upkeepInterval = time.Hour

func periodicJobs(work *WorkConfig) []*river.PeriodicJob {
	jobs := []*river.PeriodicJob{
		river.NewPeriodicJob(river.PeriodicInterval(upkeepInterval),
			func() (river.JobArgs, *river.InsertOpts) { return upkeepArgs{}, nil },
			&river.PeriodicJobOpts{ID: "upkeep", RunOnStart: true}),
		river.NewPeriodicJob(river.PeriodicInterval(payloadsInterval),
			func() (river.JobArgs, *river.InsertOpts) { return payloadsArgs{}, nil },
			&river.PeriodicJobOpts{ID: "payload-retention", RunOnStart: true}),
	}
	if work.BackupSchedule != nil {
		jobs = append(jobs,
			river.NewPeriodicJob(work.BackupSchedule,
				func() (river.JobArgs, *river.InsertOpts) { return backupArgs{Action: BackupDatabase}, nil },
				&river.PeriodicJobOpts{ID: "backup"}),
			// River forgets what was to come when nobody works, and between two leaders.
			river.NewPeriodicJob(river.PeriodicInterval(missedInterval),
				func() (river.JobArgs, *river.InsertOpts) {
					return backupArgs{Action: BackupDatabase, IfMissed: true}, once()
				},
				&river.PeriodicJobOpts{ID: "backup-missed", RunOnStart: true}),
			river.NewPeriodicJob(river.PeriodicInterval(24*time.Hour),
				func() (river.JobArgs, *river.InsertOpts) { return backupArgs{Action: BackupCleanup}, once() },
				&river.PeriodicJobOpts{ID: "backup-cleanup", RunOnStart: true}))
	}
	return jobs
}

// missedInterval is how often it is looked for a backup that was missed while the service ran.
const missedInterval = 10 * time.Minute

// once keeps a job from being queued while another of its kind and arguments waits or runs.
func once() *river.InsertOpts {
	return &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateScheduled, rivertype.JobStateRetryable,
	}}}
}
