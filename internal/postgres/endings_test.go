package postgres_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"

	"peneira/internal/postgres"
	"peneira/internal/postgres/pgtest"
)

// When the connection that tells of ended executions is gone without a word, that is noticed, and all who wait look again.
func TestSilenceIsNotTakenForPeace(t *testing.T) {
	t.Parallel()
	b := setup(t)
	proxy := pgtest.NewProxy(t, b.url)
	pool, err := postgres.Open(t.Context(), proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	endings := postgres.NewEndings(pool, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = endings.Run(ctx)
	}()
	t.Cleanup(func() { cancel(); <-ended })

	woken, leave := endings.Watch(uuid.New())
	defer leave()
	<-woken // it listens
	proxy.Freeze()
	woken, leave = endings.Watch(uuid.New())
	defer leave()
	begun := time.Now()
	select {
	case <-woken:
		t.Logf("noticed after %v", time.Since(begun).Round(time.Millisecond))
	case <-time.After(time.Minute):
		t.Fatal("nobody noticed")
	}
}
