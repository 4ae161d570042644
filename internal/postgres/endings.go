package postgres

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"peneira/internal/execution"
)

// Endings tells those who wait when an execution has ended, whichever process ended it. However many wait, it takes one
// connection, and nobody polls.
type Endings struct {
	pool *pgxpool.Pool
	log  *slog.Logger
	also listeners

	mu      sync.Mutex
	waiting map[uuid.UUID]map[chan execution.Execution]struct{}
	ending  map[uuid.UUID]struct{} // what is being written here, and told by Ended
	recent  *recent
}

// NewEndings returns the endings of executions in the database behind pool. They are told while Run runs.
func NewEndings(pool *pgxpool.Pool, log *slog.Logger) *Endings {
	return &Endings{
		pool: pool, log: log, waiting: map[uuid.UUID]map[chan execution.Execution]struct{}{}, ending: map[uuid.UUID]struct{}{},
		recent: newRecent(),
	}
}

// endedChannel is the channel of notifications; the query FinishExecutions and a trigger write to it.
const endedChannel = "executions_ended"

// endedPulse is how long the connection may be silent before it is tried.
const endedPulse = 5 * time.Second

// relistenPause is how long Run waits before it connects again.
const relistenPause = 200 * time.Millisecond

// Run listens until ctx ends, connecting again whenever the connection is lost. It returns nil.
func (e *Endings) Run(ctx context.Context) error {
	for {
		err := e.listen(ctx)
		if errors.Is(ctx.Err(), context.Canceled) {
			return nil
		}
		e.log.WarnContext(ctx, "lost the connection that tells of ended executions; connecting again", "error", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(relistenPause):
		}
	}
}

func (e *Endings) listen(ctx context.Context) error {
	cfg := e.pool.Config().ConnConfig.Copy()
	cfg.RuntimeParams["application_name"] = "peneira endings"
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(closing)
	}()
	if _, err := conn.Exec(ctx, "LISTEN "+endedChannel+"; LISTEN "+keysChannel); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer e.also.begin()()
	e.wakeAll() // what ended while nobody listened was told to nobody
	for {
		notification, err := nextNotification(ctx, conn)
		if err != nil {
			return fmt.Errorf("wait: %w", err)
		}
		switch {
		case notification == nil: // silence
		case notification.Channel == keysChannel:
			e.also.keysChanged()
		default:
			e.wake(notification.Payload)
		}
	}
}

// nextNotification waits for a notification. In silence it makes sure, every endedPulse, that the connection is still
// one, and returns nil: otherwise a database that is gone without a word would look like one that has nothing to tell.
func nextNotification(ctx context.Context, conn *pgx.Conn) (*pgconn.Notification, error) {
	patience, cancel := context.WithTimeout(ctx, endedPulse)
	notification, err := conn.WaitForNotification(patience)
	cancel()
	if err == nil || ctx.Err() != nil || !pgconn.Timeout(err) || conn.IsClosed() {
		return notification, err
	}
	beat, cancel := context.WithTimeout(ctx, lostPulse)
	defer cancel()
	return nil, conn.Ping(beat)
}

// wake wakes those who wait for the executions of a notification.
func (e *Endings) wake(payload string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.waiting) == 0 && e.also.Ended == nil {
		return
	}
	for text := range strings.FieldsSeq(payload) {
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(raw) != len(uuid.UUID{}) {
			continue // not one of ours
		}
		id := uuid.UUID(raw)
		if e.also.Ended != nil {
			e.also.Ended(id)
		}
		if _, here := e.ending[id]; !here {
			e.wakeWaiting(id)
		}
	}
}

// wakeWaiting wakes those who wait for an execution, to look for themselves.
func (e *Endings) wakeWaiting(id uuid.UUID) {
	for woken := range e.waiting[id] {
		close(woken)
	}
	delete(e.waiting, id)
}

func (e *Endings) wakeAll() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, waiters := range e.waiting {
		for woken := range waiters {
			close(woken)
		}
	}
	clear(e.waiting)
}

// Ending says that the end of an execution is about to be written here: Ended or NotEnded will tell of it. A notification may
// come before, and those who wait would have to read what is at hand in a moment.
func (e *Endings) Ending(id uuid.UUID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ending[id] = struct{}{}
}

// Ended hands an execution that has ended here to those of this process who wait for it.
func (e *Endings) Ended(ended execution.Execution) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.ending, ended.ID)
	if e.also.Ended != nil {
		e.also.Ended(ended.ID) // there may be no notification of it
	}
	e.recent.keep(ended, time.Now())
	for woken := range e.waiting[ended.ID] {
		woken <- ended // there is room
		close(woken)
	}
	delete(e.waiting, ended.ID)
}

// NotEnded says that an end was not written here, or may have been: those who wait have to look.
func (e *Endings) NotEnded(id uuid.UUID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.ending, id)
	e.wakeWaiting(id)
}

// Recent returns an execution that ended in this process within the last seconds, without payloads that are large.
func (e *Endings) Recent(id uuid.UUID) (execution.Execution, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.recent.find(id, time.Now())
}

// Watch returns a channel that is closed when the execution has ended, or when it should be looked at again because its
// end may have been missed. If it ended in this process, the channel gives it, without payloads that are large. Watch
// first and look then, so that no end is missed; leave must be called in the end.
func (e *Endings) Watch(id uuid.UUID) (woken <-chan execution.Execution, leave func()) {
	c := make(chan execution.Execution, 1)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.waiting[id] == nil {
		e.waiting[id] = map[chan execution.Execution]struct{}{}
	}
	e.waiting[id][c] = struct{}{}
	return c, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		if waiters := e.waiting[id]; waiters != nil {
			delete(waiters, c)
			if len(waiters) == 0 {
				delete(e.waiting, id)
			}
		}
	}
}
