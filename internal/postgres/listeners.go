package postgres

import (
	"sync/atomic"

	"github.com/google/uuid"
)

// keysChannel is the channel of notifications that a trigger writes to when keys change.
const keysChannel = "api_keys_changed"

// Listeners are told, on the connection that tells of endings, what happens in the database. They must not block. Nil ones
// are not told.
type Listeners struct {
	Ended       func(id uuid.UUID) // an execution has ended
	KeysChanged func()             // a key was made, changed or revoked
	Missed      func()             // something may have happened that nobody was told of: nobody was listening
}

// listeners is Listeners as Endings holds them.
type listeners struct {
	Listeners

	listening atomic.Bool
}

// Tell has listeners told while Run runs. It is called once, before Run.
func (e *Endings) Tell(to Listeners) { e.also.Listeners = to }

// Listening reports whether Run is connected, so that what happens is told.
func (e *Endings) Listening() bool { return e.also.listening.Load() }

// begin is called when listening begins, and what it returns when it ends.
func (l *listeners) begin() (end func()) {
	l.listening.Store(true)
	for _, told := range []func(){l.KeysChanged, l.Missed} {
		if told != nil {
			told()
		}
	}
	return func() { l.listening.Store(false) }
}

// keysChanged tells of a notification of keysChannel.
func (l *listeners) keysChanged() {
	if l.KeysChanged != nil {
		l.KeysChanged()
	}
}
