package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"peneira/internal/load"
	"peneira/internal/postgres/psql"
)

//go:embed sql/sizes.sql
var sizesNow string

// payload is a case of some size.
type payload struct {
	name         string
	script       string
	data, output []byte // output nil: what the script makes of it the first time
	clients      int
}

// keepHalf is what the larger payloads are run through.
const keepHalf = `function process(data) { return data.filter(row => row.id % 2 === 0) }`

// payloads are the example and larger ones.
func (b *bencher) payloads() ([]payload, error) {
	all := []payload{{"example", b.example.script, b.example.data, b.example.expected, b.clients}}
	for _, size := range []struct {
		name    string
		bytes   int
		clients int // fewer of those that fill memory
	}{{"10 kB", 10_000, b.clients}, {"100 kB", 100_000, min(b.clients, 64)}, {"1 MB", 1_000_000, min(b.clients, 16)}} {
		data, err := rowsOf(size.bytes)
		if err != nil {
			return nil, err
		}
		all = append(all, payload{size.name, keepHalf, data, nil, size.clients})
	}
	return all, nil
}

// rowsOf makes a JSON array of rows, about that many bytes of it. What is in them repeats as much as records do.
func rowsOf(size int) ([]byte, error) {
	chance := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same data each time
	var text bytes.Buffer
	for id := 0; text.Len() < size; id++ {
		row, err := json.Marshal(map[string]any{
			"id": id, "name": fmt.Sprintf("Customer %x", chance.Uint64()), "quarter": 20231 + chance.IntN(4),
			"amount": float64(chance.IntN(1e9)) / 100, "brand": []string{"Elo", "Visa", "Mastercard"}[chance.IntN(3)],
		})
		if err != nil {
			return nil, fmt.Errorf("write a row: %w", err)
		}
		text.WriteString(",")
		text.Write(row)
	}
	return append(append([]byte("["), text.Bytes()[1:]...), ']'), nil
}

// measureSizes measures what executions take of disk, WAL and connections, and how many a second there are, by size of
// payload.
func (b *bencher) measureSizes(ctx context.Context) error {
	all, err := b.payloads()
	if err != nil {
		return err
	}
	fmt.Fprintln(b.out, "\nBytes per execution: rows, indexes, TOAST, audit log, queue, WAL (one process that accepts and works)")
	fmt.Fprintf(b.out, "  %-8s %9s %9s %8s %8s %8s %9s %7s %7s %9s %12s\n",
		"payload", "in", "per s", "MB/s in", "rows", "indexes", "TOAST", "audit", "queue", "WAL", "connections")
	for i, p := range all {
		if err := b.measureSize(ctx, fmt.Sprintf("sizes_%d", i), p); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

func (b *bencher) measureSize(ctx context.Context, database string, p payload) error {
	s, err := b.startSingle(ctx, database, p.script)
	if err != nil {
		return err
	}
	defer s.stop()
	cfg := load.Config{
		Client: s.client, Script: s.script, Data: p.data, Expected: p.output, Follow: load.Prefer, Concurrency: p.clients,
		Duration: min(b.duration(), 3*time.Second),
	}
	if _, err := load.Run(ctx, cfg); err != nil { // warms up
		return err
	}
	before, err := takeSizes(ctx, s.address)
	if err != nil {
		return err
	}
	cfg.Duration = b.duration()
	report, err := load.Run(ctx, cfg)
	if err == nil && !report.Good() {
		err = fmt.Errorf("%d wrong, %d failed: %v", report.Wrong, report.Failed, report.Errors)
	}
	if err != nil {
		return errors.Join(err, errNoSamples)
	}
	after, err := takeSizes(ctx, s.address)
	if err != nil {
		return err
	}
	n := max(after.executions-before.executions, 1)
	fmt.Fprintf(b.out, "  %-8s %9d %9.0f %8.1f %8d %8d %9d %7d %7d %9d %12d\n", p.name, len(p.data), report.CompletedPerSecond,
		report.CompletedPerSecond*float64(len(p.data))/1e6, (after.rows-before.rows)/n, (after.indexes-before.indexes)/n,
		(after.toast-before.toast)/n, (after.audit-before.audit)/n, (after.queue-before.queue)/n, (after.wal-before.wal)/n, after.connections)
	return nil
}

// sizes are bytes but for the number of executions and of connections.
type sizes struct {
	executions, rows, indexes, toast, audit, queue, wal, connections int
}

func takeSizes(ctx context.Context, address string) (s sizes, err error) {
	answer, err := psql.Run(ctx, address, sizesNow, nil)
	if err != nil {
		return s, err
	}
	if _, err := fmt.Sscan(strings.ReplaceAll(answer, "|", " "),
		&s.executions, &s.rows, &s.indexes, &s.toast, &s.audit, &s.queue, &s.wal, &s.connections); err != nil {
		return s, fmt.Errorf("read the sizes: %w", err)
	}
	return s, nil
}
