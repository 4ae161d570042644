package access

import (
	"context"
	"net/netip"
	"time"

	"github.com/google/uuid"
)

// Action is what was done.
type Action string

// The actions that are recorded.
const (
	ScriptHosted       Action = "script.host"
	ScriptChanged      Action = "script.change"
	ScriptDeleted      Action = "script.delete"
	ExecutionRun       Action = "execution.run"
	ExecutionRerun     Action = "execution.rerun"
	ExecutionCancelled Action = "execution.cancel"
	BackupAsked        Action = "backup.database"
	LogsBackupAsked    Action = "backup.logs"
	CleanupAsked       Action = "backup.cleanup"
	KeyMade            Action = "key.create"
	KeyRevoked         Action = "key.revoke"
	SignedIn           Action = "session.create"
	SignedOut          Action = "session.delete"
	QueueChanged       Action = "queue.change"
)

// Actions lists all actions. A test holds them against the contract.
var Actions = []Action{
	ScriptHosted, ScriptChanged, ScriptDeleted, ExecutionRun, ExecutionRerun, ExecutionCancelled,
	BackupAsked, LogsBackupAsked, CleanupAsked, KeyMade, KeyRevoked, SignedIn, SignedOut, QueueChanged,
}

// Entry is one line of the audit log. It never holds payloads or sources.
type Entry struct {
	ID        uuid.UUID // version 7: ordered by time
	At        time.Time
	KeyID     uuid.NullUUID // who; not valid when no key was needed
	Action    Action
	Subject   string // what: an id, or an address of River UI
	RequestID string // names the request in the server's logs; empty for the command line
	Address   netip.Addr
}

// Filter chooses entries for a list, newest first.
type Filter struct {
	KeyID    uuid.UUID // zero: any
	Action   Action    // empty: any
	Subject  string    // empty: any
	From, To time.Time // at or after From and before To; zero: unbounded
	Before   uuid.UUID // only those older than this one; zero: from the newest
	Limit    int       // at least 1
}

// Caller is who sends a request.
type Caller struct {
	Key       Key // zero when no key was needed
	RequestID string
	Address   netip.Addr // of the client, as far as it can be known; not valid for the command line
}

// KeyID is the id of the caller's key, if there is one.
func (c Caller) KeyID() uuid.NullUUID {
	return uuid.NullUUID{UUID: c.Key.ID, Valid: c.Key.ID != uuid.Nil}
}

type callerKey struct{}

// With returns a context that carries who sends the request, for those who record it.
func With(ctx context.Context, caller *Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, caller)
}

// From returns who sends the request; zero when it is nobody's.
func From(ctx context.Context) Caller {
	if caller, ok := ctx.Value(callerKey{}).(*Caller); ok {
		return *caller
	}
	return Caller{}
}
