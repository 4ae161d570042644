package jobs

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
)

// driver is River's own, but for the two things that a worker says of each job: that it takes it, and that it has completed
// it. Those are said over connections that do not wait for the disk: a crash of the database may forget them, which costs
// a second look at the job and never a result. See docs/decisions/0043.
type driver struct {
	riverdriver.Driver[pgx.Tx]

	relaxed riverdriver.Executor
	held    *held
	fetcher *fetcher
}

func newDriver(cfg Config, held *held) riverdriver.Driver[pgx.Tx] {
	own := riverpgxv5.New(cfg.Pool)
	if cfg.Relaxed == nil {
		return own
	}
	return &driver{own, riverpgxv5.New(cfg.Relaxed).GetExecutor(), held, newFetcher(cfg.Takes)}
}

// GetExecutor implements riverdriver.Driver.
func (d *driver) GetExecutor() riverdriver.Executor {
	return &executor{d.Driver.GetExecutor(), d.relaxed, d.held, d.fetcher}
}

type executor struct {
	riverdriver.Executor

	relaxed riverdriver.Executor
	held    *held
	fetcher *fetcher
}

// JobGetAvailable implements riverdriver.Executor. A job that comes again while this process works on it was taken before,
// and a crash forgot that: taking it again, without a second run, puts it right.
func (e *executor) JobGetAvailable(ctx context.Context, params *riverdriver.JobGetAvailableParams) (*riverdriver.JobGetAvailableResult, error) {
	got, err := e.fetcher.available(ctx, e.relaxed, params)
	if err == nil && got != nil {
		got.Jobs = slices.DeleteFunc(got.Jobs, e.held.works)
	}
	return got, err
}

// JobSetStateIfRunningMany implements riverdriver.Executor. Of a job that is another's now nothing is said: River checks only
// that it is running, not by whom. Whatever is more than that a job is completed has to last.
func (e *executor) JobSetStateIfRunningMany(
	ctx context.Context, params *riverdriver.JobSetStateIfRunningManyParams,
) ([]*rivertype.JobRow, error) {
	switch {
	case e.held.allGivenUp(params.ID):
		return nil, nil
	case slices.ContainsFunc(params.State, func(s rivertype.JobState) bool { return s != rivertype.JobStateCompleted }),
		slices.Contains(params.MetadataDoMerge, true):
		return e.Executor.JobSetStateIfRunningMany(ctx, params)
	default:
		return e.relaxed.JobSetStateIfRunningMany(ctx, params)
	}
}
