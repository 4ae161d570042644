// Package execution holds what an execution of a script is: its states, its outcome and the ways it can fail.
package execution

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"peneira/internal/failure"
)

// Execution is one run of one version of a script over one input.
// JSON is carried as the bytes that were sent or returned; nothing in the service decodes it.
type Execution struct {
	ID            uuid.UUID // version 7: ordered by the time of acceptance
	ScriptID      uuid.UUID
	ScriptVersion int
	Status        Status
	Input         []byte // JSON as sent; nil when it was not asked for
	Output        []byte // JSON as the script returned it; nil unless completed and asked for
	ErrorMessage  string // one line for people; empty unless failed or cancelled
	Error         *Error // nil unless failed
	Logs          []LogEntry
	CreatedAt     time.Time  // when it was accepted
	StartedAt     *time.Time // when its last run began
	CompletedAt   *time.Time // when it reached its final state
	RunTime       *time.Duration
	QueueTime     *time.Duration // from CreatedAt to StartedAt
	Attempt       int            // how often a worker took it up; more than 1 only after one stopped or died
	RerunOf       uuid.NullUUID  // the execution whose input this one runs again
	// When its script's retention removed the input (with the logs and the error's text) and the output; nil if it did not.
	InputRemovedAt, OutputRemovedAt *time.Time
}

// Request is what a client sends to have a script run.
type Request struct {
	Trace    string    // W3C traceparent of who asks; empty when nobody traces
	ID       uuid.UUID // to accept it under; zero makes a new one
	ScriptID uuid.UUID
	Version  int       // 0 means the current one
	Input    []byte    // one valid JSON value
	RerunOf  uuid.UUID // the execution whose input this is; zero for none
	// Waits tells that who asks is answered when the execution has ended, or after a Confirm: it need not be durable before.
	Waits bool
}

// Queued is an execution on its way into the queue.
type Queued struct {
	ID         uuid.UUID
	InputBytes int    // how large its input is, which its worker has to find memory for
	Trace      string // as in Request
	Untouched  bool   // whether no worker has had it before
}

// Job is how the queue keeps an execution.
type Job struct {
	Kind, Queue    string
	Args, Metadata []byte // JSON objects
	MaxAttempts    int
}

// Filter chooses executions for a list, newest first. Lists hold no payloads: a hundred of them could be gigabytes.
type Filter struct {
	ScriptID uuid.UUID // zero: any
	Status   Status    // empty: any
	From, To time.Time // accepted at or after From and before To; zero: unbounded
	Before   uuid.UUID // only those older than this one; zero: from the newest
	Limit    int       // at least 1
}

// LogEntry is one line that a script wrote with console.*.
type LogEntry struct {
	Level   string `json:"level"` // debug, log, info, warn, error; or system, for a note of ours such as "truncated"
	Message string `json:"message"`
}

// ErrorKind says what ended a failed execution.
type ErrorKind string

// The kinds of error.
const (
	ScriptError ErrorKind = "script-error" // the script threw, rejected, or returned what JSON cannot hold
	TimeLimit   ErrorKind = "time-limit"
	MemoryLimit ErrorKind = "memory-limit"
	OutputLimit ErrorKind = "output-limit"
	Crashed     ErrorKind = "crashed"  // the script brought its sandbox down
	Internal    ErrorKind = "internal" // our fault, after all attempts
)

// ErrorKinds lists all kinds.
var ErrorKinds = []ErrorKind{ScriptError, TimeLimit, MemoryLimit, OutputLimit, Crashed, Internal}

// Error tells precisely what a script did wrong, in terms of the user's own source.
type Error struct {
	Kind    ErrorKind `json:"kind"`
	Name    string    `json:"name,omitempty"` // for example "TypeError"
	Message string    `json:"message"`
	Line    int       `json:"line,omitempty"`   // from 1; 0 when unknown
	Column  int       `json:"column,omitempty"` // from 1; 0 when unknown
	Stack   string    `json:"stack,omitempty"`
}

// Error implements error: "TypeError: x is not a function (line 3, column 5)".
func (e *Error) Error() string {
	var b strings.Builder
	if e.Name != "" {
		b.WriteString(e.Name)
		b.WriteString(": ")
	}
	b.WriteString(e.Message)
	if e.Line > 0 {
		fmt.Fprintf(&b, " (line %d, column %d)", e.Line, e.Column)
	}
	return b.String()
}

// Outcome is how a run ended: with an output or with an error, never both.
type Outcome struct {
	Output  []byte // valid JSON; nil when Err is set
	Err     *Error
	Logs    []LogEntry
	RunTime time.Duration // in the sandbox: parsing the input, running the script, writing the output
}

// Status is the state that the outcome brings an execution to.
func (o Outcome) Status() Status {
	if o.Err != nil {
		return Failed
	}
	return Completed
}

// Ended is the failure of a change to an execution that is in a final state.
func Ended(id uuid.UUID, status Status) *failure.Error {
	return failure.New(failure.Conflict, "execution-ended", "Execution %s is %s already; nothing changes it any more.", id, status)
}

// InProgress is the failure of a request whose like, with the same idempotency key, is still being carried out.
func InProgress() *failure.Error {
	return failure.New(failure.Conflict, "request-in-progress",
		"A request with this Idempotency-Key is being carried out just now. Send yours again in a moment.")
}

// AlreadyAccepted is the failure of a request to accept an execution under an id that is taken: it was accepted before.
func AlreadyAccepted(id uuid.UUID) *failure.Error {
	return failure.New(failure.Conflict, "already-accepted", "Execution %s was accepted before.", id)
}

// InputRemoved is the failure of a request that needs an execution's input, which retention has removed.
func InputRemoved(id uuid.UUID, at time.Time) *failure.Error {
	return failure.New(failure.Gone, "input-removed",
		"The data of execution %s was removed at %s, as the retention of its script says. Post the data anew to run it again.",
		id, at.UTC().Format(time.RFC3339))
}

// NotFound is the failure for an execution that is not there.
func NotFound(id uuid.UUID) *failure.Error {
	return failure.New(failure.NotFound, "execution-not-found", "There is no execution %s.", id)
}
