package jobs_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"peneira/internal/jobs"
	"peneira/internal/postgres"
	"peneira/internal/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// alive is a process whose proof of life stands from the beginning.
type alive struct{ *postgres.Processes }

// Live implements jobs.Processes.
func (alive) Live(ctx context.Context, _ string, ready func()) error {
	ready()
	<-ctx.Done()
	return ctx.Err()
}

// warned passes on when something was logged.
type warned struct {
	slog.Handler
	message chan string
}

// Enabled implements slog.Handler.
func (warned) Enabled(context.Context, slog.Level) bool { return true }

// Handle implements slog.Handler.
func (w warned) Handle(_ context.Context, r slog.Record) error {
	select {
	case w.message <- r.Message:
	default:
	}
	return nil
}

// When the database is away at the moment in which the queue starts, the queue starts later.
func TestQueueStartsWhenTheDatabaseIsBack(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	proxy := pgtest.NewProxy(t, url)
	proxy.Close(true)
	pool, err := postgres.Open(t.Context(), proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	message := make(chan string, 1)
	client, err := jobs.New(jobs.Config{
		Pool: pool, Logger: slog.New(warned{slog.DiscardHandler, message}), RiverLogger: slog.New(slog.DiscardHandler),
		Work: &jobs.WorkConfig{
			Executions: postgres.NewExecutions(pool, nil), Keys: postgres.NewKeys(pool), Processes: alive{postgres.NewProcesses(pool)},
			Sandboxes: 1, TimeLimit: time.Second,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- client.Run(ctx) }()
	t.Cleanup(cancel)
	if got := <-message; got != "cannot start the queue; trying again" {
		t.Fatalf("logged %q", got)
	}
	proxy.Close(false)

	direct, err := postgres.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(direct.Close)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); ; <-tick.C {
		var queues int
		// The queue enters itself into the database when it starts.
		if err := direct.QueryRow(t.Context(), `SELECT count(*) FROM river_queue WHERE name = $1`, jobs.QueueExecutions).Scan(&queues); err != nil {
			t.Fatal(err)
		}
		if queues == 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the queue does not start")
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("it stopped with %v", err)
	}
}
