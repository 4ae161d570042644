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
	Input         []byte
}

// Run is one run of an execution.
type Run struct {
	ExecutionID uuid.UUID
	// Attempt numbers the run from 1. It is the fence: only the outcome of the last run begun counts.
	Attempt   int
	QueueTime time.Duration // from acceptance to the start of this run, by the database's clock
}

// ErrEnded says that an execution is in a final state already, so there is nothing to run or to write.
var ErrEnded = errors.New("the execution has ended already")

// ErrHandedOn says that another run of the execution has begun since, so this one's outcome does not count.
var ErrHandedOn = errors.New("the execution was handed on to another run")
