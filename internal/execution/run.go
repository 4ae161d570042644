package execution

import (
	"errors"
	"time"

	"github.com/google/uuid"
)

// Task is what a worker needs to run an execution.
type Task struct {
	ScriptID      uuid.UUID
	ScriptVersion int
	Status        Status
	Attempt       int // runs begun before
	Input         []byte
}

// Run is one run of an execution.
type Run struct {
	ExecutionID uuid.UUID
	// Attempt numbers the run from 1. It is the fence: of two runs of one execution only one can ever count.
	Attempt int
	Begun   time.Time // by this process's clock; only the time since then is used
	// Shown tells that Start has shown the run as begun. A short run ends before that, and is shown with its outcome.
	Shown bool
	// Input is what it runs on, for those who wait for its end.
	Input []byte
	// Take is the job of a run that began before anybody took it; nil: it was taken.
	Take *Take
}

// Take is how a job is taken and completed with the outcome of its run.
type Take struct {
	Job int64
	By  string // the process
}

// Early is a run that has ended before its execution was accepted.
type Early struct {
	Run     Run // its job has no number yet
	Version int // of the script
	Outcome Outcome
	Written func(waited time.Duration) // is called when it was written, with how long the execution had waited for the run
	Leave   func()                     // is called in the end, whatever came of it
}

// ErrEnded says that an execution is in a final state already, so there is nothing to run or to write.
var ErrEnded = errors.New("the execution has ended already")

// ErrHandedOn says that another run of the execution has begun since, so this one does not count.
var ErrHandedOn = errors.New("the execution was handed on to another run")
