package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"peneira/internal/load"
	"peneira/internal/trial"
)

// rehearsal loses one database and brings it back.
type rehearsal struct {
	options

	on       string
	dir      string // for all that it writes
	progress io.Writer
}

// result is what was measured.
type result struct {
	on                             string
	executions                     int
	databaseBytes, dumpBytes       int64
	fill, backup, restore, restart time.Duration
}

// perform goes through all of it. The error says which step failed, or what did not come back.
func (r *rehearsal) perform(ctx context.Context) (_ result, err error) {
	if err := os.Mkdir(r.dir, 0o755); err != nil { //nolint:gosec // as root the database runs as another user
		return result{}, err
	}
	lost := result{on: r.on, executions: r.executions}
	db, err := r.provide(ctx)
	if err != nil {
		return lost, err
	}
	defer db.stop()

	service, err := r.start(ctx, db, "before")
	if err != nil {
		return lost, err
	}
	before, dump, err := r.fillAndBackUp(ctx, db, service, &lost)
	if err := errors.Join(err, service.Stop()); err != nil {
		return lost, err
	}

	r.sayf("destroying the database")
	if err := db.destroy(ctx); err != nil {
		return lost, fmt.Errorf("destroy: %w", err)
	}
	begun := time.Now()
	if err := r.restoreDump(ctx, db, dump); err != nil {
		return lost, err
	}
	lost.restore = time.Since(begun)

	begun = time.Now()
	if service, err = r.start(ctx, db, "after"); err != nil {
		return lost, err
	}
	lost.restart = time.Since(begun)
	defer func() { err = errors.Join(err, service.Stop()) }()
	return lost, r.verify(ctx, db, service, before)
}

// fillAndBackUp fills the database through the API and has the service back it up. It returns what the rows were, and where
// the dump is kept, out of reach of what is destroyed.
func (r *rehearsal) fillAndBackUp(ctx context.Context, db database, service *trial.Process, lost *result) (before, dump string, err error) {
	begun := time.Now()
	if err := r.fill(ctx, service, r.executions); err != nil {
		return "", "", err
	}
	lost.fill = time.Since(begun)
	address, err := db.address(ctx)
	if err != nil {
		return "", "", err
	}
	if before, err = digest(ctx, address); err != nil {
		return "", "", err
	}
	if lost.databaseBytes, err = size(ctx, address); err != nil {
		return "", "", err
	}

	r.sayf("backing up")
	begun = time.Now()
	made, err := backUp(ctx, service)
	if err != nil {
		return "", "", err
	}
	lost.backup = time.Since(begun)
	dump = filepath.Join(r.dir, filepath.Base(made))
	if err := os.Rename(made, dump); err != nil {
		return "", "", fmt.Errorf("keep the dump: %w", err)
	}
	info, err := os.Stat(dump)
	if err != nil {
		return "", "", err
	}
	lost.dumpBytes = info.Size()
	return before, dump, nil
}

// fillTime bounds the filling.
const fillTime = 6 * time.Hour

// fill hosts the example and posts its data so many times, each as soon as one of the clients has the result of its last.
func (r *rehearsal) fill(ctx context.Context, service *trial.Process, executions int) error {
	r.sayf("filling the %s database with %d executions", r.on, executions)
	script, err := os.ReadFile(filepath.Join(r.example, "script.js"))
	if err != nil {
		return err
	}
	data, err := os.ReadFile(filepath.Join(r.example, "data.json"))
	if err != nil {
		return err
	}
	client := load.NewClient(service.URL, "", time.Minute, r.clients)
	defer client.Close()
	id, err := client.Host(ctx, "rehearsal", string(script))
	if err != nil {
		return err
	}
	report, err := load.Run(ctx, load.Config{
		Client: client, Script: id, Data: data, Follow: load.Prefer, Concurrency: r.clients, Count: executions, Duration: fillTime,
	})
	if err != nil {
		return err
	}
	if !report.Good() {
		return fmt.Errorf("filling: %d wrong, %d failed: %v", report.Wrong, report.Failed, report.Errors)
	}
	return ctx.Err()
}

// restoreDump runs `peneira restore`.
func (r *rehearsal) restoreDump(ctx context.Context, db database, dump string) error {
	r.sayf("restoring")
	cmd := exec.CommandContext(ctx, r.program, append([]string{"restore", dump}, db.flags()...)...) //nolint:gosec // the program to rehearse with
	cmd.Dir = r.dir
	cmd.Env = environment()
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("restore: %w: %s", err, strings.TrimSpace(string(said)))
	}
	return nil
}

// verify compares every row with what it was, and runs one more execution.
func (r *rehearsal) verify(ctx context.Context, db database, service *trial.Process, before string) error {
	address, err := db.address(ctx)
	if err != nil {
		return err
	}
	after, err := digest(ctx, address)
	if err != nil {
		return err
	}
	if after != before {
		return fmt.Errorf("the rows are not what they were: %s, were %s", after, before)
	}
	return r.fill(ctx, service, 1)
}

func (r *rehearsal) sayf(format string, args ...any) { fmt.Fprintf(r.progress, format+"\n", args...) }

// write prints a table in Markdown, a column for each database.
func write(out io.Writer, all []result) {
	rows := []struct {
		name string
		of   func(result) string
	}{
		{"", func(r result) string { return r.on }},
		{"---", func(result) string { return "---:" }},
		{"executions", func(r result) string { return fmt.Sprint(r.executions) }},
		{"database", func(r result) string { return megabytes(r.databaseBytes) }},
		{"filled through the API in", func(r result) string { return seconds(r.fill) }},
		{"backup through the service", func(r result) string { return seconds(r.backup) }},
		{"dump", func(r result) string { return megabytes(r.dumpBytes) }},
		{"`peneira restore`", func(r result) string { return seconds(r.restore) }},
		{"start until ready", func(r result) string { return seconds(r.restart) }},
		{"**back after**", func(r result) string { return "**" + seconds(r.restore+r.restart) + "**" }},
	}
	for _, row := range rows {
		fmt.Fprintf(out, "| %s |", row.name)
		for _, r := range all {
			fmt.Fprintf(out, " %s |", row.of(r))
		}
		fmt.Fprintln(out)
	}
}

func megabytes(n int64) string       { return fmt.Sprintf("%.0f MB", float64(n)/1e6) }
func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
