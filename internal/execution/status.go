package execution

import "slices"

// Status is where an execution stands. docs/states.md draws it.
type Status string

// The states of an execution.
const (
	Pending   Status = "pending"   // accepted, not yet begun
	Running   Status = "running"   // in a sandbox
	Completed Status = "completed" // has a result
	Failed    Status = "failed"    // has an error
	Cancelled Status = "cancelled" // was stopped on request
)

// Statuses lists all states, in the order in which an execution may pass through them.
var Statuses = []Status{Pending, Running, Completed, Failed, Cancelled}

// transitions is the one table of what may follow what. A run that died with its worker is pending again; one that was
// handed back when its worker stopped runs again: running → running.
// A run of a few milliseconds is never shown as running.
var transitions = map[Status][]Status{
	Pending: {Running, Completed, Failed, Cancelled},
	Running: {Pending, Running, Completed, Failed, Cancelled},
}

// Valid reports whether s is one of Statuses.
func (s Status) Valid() bool { return slices.Contains(Statuses, s) }

// Terminal reports whether s is final.
func (s Status) Terminal() bool { return s.Valid() && len(transitions[s]) == 0 }

// CanBecome reports whether next may follow s.
func (s Status) CanBecome(next Status) bool { return slices.Contains(transitions[s], next) }
