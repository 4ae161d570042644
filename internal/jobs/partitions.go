package jobs

import (
	"context"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
)

// partitionsArgs is the periodic job that makes the coming months' partitions.
type partitionsArgs struct{}

// Kind implements river.JobArgs.
func (partitionsArgs) Kind() string { return "partitions" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (partitionsArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: QueueMaintenance} }

type partitionsWorker struct {
	river.WorkerDefaults[partitionsArgs]
	executions Executions
	log        *slog.Logger
}

// Work implements river.Worker.
func (w *partitionsWorker) Work(ctx context.Context, _ *river.Job[partitionsArgs]) error {
	made, err := w.executions.MakePartitions(ctx, time.Now())
	if err == nil && made > 0 {
		w.log.InfoContext(ctx, "made partitions of executions", "count", made)
	}
	return err
}

// partitionsInterval is short against the months that are made ahead.
const partitionsInterval = 12 * time.Hour

func periodicJobs(work *WorkConfig) []*river.PeriodicJob {
	jobs := []*river.PeriodicJob{
		river.NewPeriodicJob(river.PeriodicInterval(partitionsInterval),
			func() (river.JobArgs, *river.InsertOpts) { return partitionsArgs{}, nil },
			&river.PeriodicJobOpts{ID: "partitions", RunOnStart: true}),
	}
	if work.BackupSchedule != nil {
		jobs = append(jobs,
			river.NewPeriodicJob(work.BackupSchedule,
				func() (river.JobArgs, *river.InsertOpts) { return backupArgs{Action: BackupDatabase}, nil },
				&river.PeriodicJobOpts{ID: "backup"}),
			river.NewPeriodicJob(river.PeriodicInterval(24*time.Hour),
				func() (river.JobArgs, *river.InsertOpts) { return backupArgs{Action: BackupCleanup}, nil },
				&river.PeriodicJobOpts{ID: "backup-cleanup"}))
	}
	return jobs
}
