package postgres_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"peneira/internal/execution"
	"peneira/internal/postgres"
	"peneira/internal/postgres/pgtest"
	"peneira/internal/script"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// bundle is a fresh database with the stores over it.
type bundle struct {
	url        string
	pool       *pgxpool.Pool
	scripts    *postgres.Scripts
	executions *postgres.Executions
}

func setup(t *testing.T) bundle {
	t.Helper()
	return open(t, pgtest.URL(t))
}

// open returns the stores over a database that has its schema.
func open(t *testing.T, url string) bundle {
	t.Helper()
	pool, err := postgres.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return bundle{url, pool, postgres.NewScripts(pool), postgres.NewExecutions(pool, jobOf)}
}

// connect makes a connection that is not of the pool.
func (b bundle) connect(t *testing.T) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), b.url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

// jobOf gives a job as far as the schema goes.
func jobOf(queued execution.Queued) execution.Job {
	return execution.Job{
		Kind: "execution", Queue: "executions", MaxAttempts: 3, Metadata: []byte(`{}`),
		Args: fmt.Appendf(nil, `{"execution_id": %q}`, queued.ID),
	}
}

func (b bundle) host(t *testing.T, content string) script.Script {
	t.Helper()
	hosted, err := b.scripts.Create(t.Context(), script.Draft{Name: "a script", Content: content})
	if err != nil {
		t.Fatal(err)
	}
	return hosted
}

func (b bundle) accept(t *testing.T, of script.Script, input string) execution.Execution {
	t.Helper()
	accepted, err := b.executions.Accept(t.Context(), execution.Request{ScriptID: of.ID, Input: []byte(input)})
	if err != nil {
		t.Fatal(err)
	}
	return accepted
}

// begin begins a run and shows it.
func (b bundle) begin(t *testing.T, id uuid.UUID) execution.Run {
	t.Helper()
	run := b.read(t, id)
	if err := b.executions.Start(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	run.Shown = true
	return run
}

// read begins a run that is not shown.
func (b bundle) read(t *testing.T, id uuid.UUID) execution.Run {
	t.Helper()
	task, err := b.executions.Task(t.Context(), execution.Queued{ID: id})
	if err != nil {
		t.Fatal(err)
	}
	return execution.Run{ExecutionID: id, Attempt: task.Attempt + 1, Begun: time.Now()}
}

func (b bundle) finish(t *testing.T, run execution.Run, outcome execution.Outcome) {
	t.Helper()
	if _, err := b.executions.Finish(t.Context(), run, outcome); err != nil {
		t.Fatal(err)
	}
}

func (b bundle) get(t *testing.T, id uuid.UUID) execution.Execution {
	t.Helper()
	got, err := b.executions.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// scan reads one value with SQL, for what the stores do not show.
func scan[T any](t *testing.T, b bundle, sql string, args ...any) T {
	t.Helper()
	var value T
	if err := b.pool.QueryRow(t.Context(), sql, args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}

// exec changes what the stores do not let one change.
func (b bundle) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := b.pool.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}
