package main

import (
	"context"
	"fmt"
	"time"

	"peneira/internal/load"
	"peneira/internal/postgres/psql"
)

// heldParts is in how many parts of equal length throughput is measured while a transaction is held open.
const heldParts = 4

// measureHeld measures what becomes of throughput while a transaction is open for as long as a dump of a large database:
// PostgreSQL can clear nothing away meanwhile of what is done.
func (b *bencher) measureHeld(ctx context.Context) error {
	s, err := b.startSingle(ctx, "held", b.example.script)
	if err != nil {
		return err
	}
	defer s.stop()
	fmt.Fprintf(b.out, "\nThroughput while a transaction is held open (POST with Prefer: wait, %d clients, %s)\n", b.clients, b.duration())
	before, err := b.drive(ctx, s.hosted, b.duration()/heldParts)
	if err != nil {
		return err
	}
	fmt.Fprintf(b.out, "  before %36.0f executions/s\n", before.CompletedPerSecond)
	held, release := context.WithCancel(ctx)
	defer release()
	go func() {
		_, _ = psql.Run(held, s.address, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM scripts; SELECT pg_sleep(3600);", nil)
	}()
	begun := time.Now()
	for range heldParts {
		part, err := load.Run(ctx, b.loop(s.hosted, b.duration()/heldParts))
		if err != nil {
			return err
		}
		fmt.Fprintf(b.out, "  %4.0f s after %32.0f executions/s, %.2f × before\n", time.Since(begun).Seconds(),
			part.CompletedPerSecond, part.CompletedPerSecond/before.CompletedPerSecond)
	}
	return nil
}
