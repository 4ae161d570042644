package postgres

import (
	"context"
	"sync"

	"github.com/google/uuid"

	"peneira/internal/execution"
)

// maxFreshBytes bounds what is kept of executions that were just accepted.
const maxFreshBytes = 4 << 20

// freshBytes is what an entry takes beside its input.
const freshBytes = 256

// fresh keeps what was just accepted here, for a worker in the same process: it takes the job up a moment later, and need
// not read what this process has written. A nil fresh keeps nothing.
type fresh struct {
	mu      sync.Mutex
	entries map[uuid.UUID]*freshTask
	order   []uuid.UUID // from the oldest, and maybe some that are taken
	bytes   int
}

// freshTask is a task on its way into the database: the queue may tell of its job before the database's answer is here.
type freshTask struct {
	settled chan struct{} // closed when the answer is
	there   bool          // whether it was accepted
	task    execution.Task
}

func newFresh() *fresh { return &fresh{entries: map[uuid.UUID]*freshTask{}} }

// expect keeps what is about to be accepted, unless it is large. The oldest make room.
func (f *fresh) expect(id uuid.UUID, input []byte) {
	if f == nil || len(input) > getBytes {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.drop(id)
	f.entries[id] = &freshTask{settled: make(chan struct{}), task: execution.Task{Status: execution.Pending, Input: input}}
	f.order = append(f.order, id)
	f.bytes += len(input) + freshBytes
	for f.bytes > maxFreshBytes || len(f.order) > maxFreshBytes/freshBytes {
		f.drop(f.order[0])
		f.order = f.order[1:]
	}
}

// settle says that it was accepted, with which version of which script, or was not: then the version is 0.
func (f *fresh) settle(id, script uuid.UUID, version int) {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	entry := f.entries[id]
	if entry == nil {
		return
	}
	if version == 0 {
		f.drop(id)
		return
	}
	entry.there, entry.task.ScriptID, entry.task.ScriptVersion = true, script, version
	close(entry.settled)
}

// take returns what is kept of an execution, and keeps it no longer.
func (f *fresh) take(ctx context.Context, id uuid.UUID) (execution.Task, bool) {
	if f == nil {
		return execution.Task{}, false
	}
	f.mu.Lock()
	entry := f.entries[id]
	f.mu.Unlock()
	if entry == nil {
		return execution.Task{}, false
	}
	select {
	case <-entry.settled:
	case <-ctx.Done():
		return execution.Task{}, false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.entries[id] == entry {
		f.drop(id)
	}
	return entry.task, entry.there
}

// drop forgets an entry, and lets nobody wait for it.
func (f *fresh) drop(id uuid.UUID) {
	entry := f.entries[id]
	if entry == nil {
		return
	}
	if !entry.there {
		close(entry.settled)
	}
	delete(f.entries, id)
	f.bytes -= len(entry.task.Input) + freshBytes
}
