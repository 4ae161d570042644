package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"peneira/internal/postgres/psql"
)

//go:embed sql/one_at_a_time.sql
var oneAtATime string

// ceilingClients are how many clients pgbench is tried with; the best counts.
var ceilingClients = []int{4, 8, 16}

// ceilingLogs is what the example's script logs, as it is stored.
const ceilingLogs = `[{"level":"log","message":"10 of 44 rows are corporate, in 6 groups"}]`

// measureCeiling measures what the bare SQL of one execution at a time gives: pgbench does what a server that groups
// nothing would have PostgreSQL do. There is no HTTP and no script in it.
func (b *bencher) measureCeiling(ctx context.Context) error {
	address, err := b.db.Create(ctx, "ceiling")
	if err != nil {
		return err
	}
	s, err := b.startServer(ctx, address, "api") // makes the schema, and hosts the script
	if err != nil {
		return err
	}
	client := b.client(s)
	script, err := client.Host(ctx, "bench", b.example.script)
	client.Close()
	_ = s.Stop()
	if err != nil {
		return err
	}
	file := filepath.Join(b.db.dir, "one_at_a_time.sql")
	if err := os.WriteFile(file, []byte(oneAtATime), 0o600); err != nil {
		return fmt.Errorf("write pgbench's script: %w", err)
	}
	fmt.Fprintln(b.out, "\nThe bare SQL of one execution at a time (pgbench -M prepared, no HTTP, no script)")
	for _, clients := range ceilingClients {
		if err := b.db.settle(ctx, address); err != nil {
			return err
		}
		tps, err := b.pgbench(ctx, address, file, script, clients)
		if err != nil {
			return err
		}
		b.ceiling, b.ceilings = max(b.ceiling, tps), append(b.ceilings, tps)
		fmt.Fprintf(b.out, "  %3d clients %31.0f executions/s\n", clients, tps)
	}
	return nil
}

// pgbench runs the statements for a while and returns how many executions they completed in a second.
func (b *bencher) pgbench(ctx context.Context, address, file, script string, clients int) (float64, error) {
	before, err := completed(ctx, address)
	if err != nil {
		return 0, err
	}
	//nolint:gosec // the arguments are the bench's own
	cmd := exec.CommandContext(ctx, psql.Program("pgbench"), "--no-vacuum", "--protocol=prepared",
		"--client="+strconv.Itoa(clients), "--jobs=2", "--time="+strconv.Itoa(b.seconds), "--file="+file,
		"--define=script="+script, "--define=input="+string(b.example.data), "--define=output="+string(b.example.expected),
		"--define=logs="+ceilingLogs, address)
	begun := time.Now()
	if said, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("pgbench: %w: %s", err, said)
	}
	took := min(time.Since(begun), b.duration()) // it connects before it begins to count
	after, err := completed(ctx, address)
	return float64(after-before) / took.Seconds(), err
}

// completed counts the executions that are completed.
func completed(ctx context.Context, address string) (int, error) {
	count, err := psql.Run(ctx, address, "SELECT count(*) FROM executions WHERE status = 'completed'", nil)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(count)
}
