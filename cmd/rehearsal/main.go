// Command rehearsal rehearses the loss of a database and measures how long the way back takes, with bin/peneira and
// everything else as in production: it fills a database through the API, has the service make a backup, destroys the
// database, restores it, starts the service and compares every row. It does so on a PostgreSQL of its own, and on the embedded one.
//
//	go run ./cmd/rehearsal [-executions 100000] [-on external|embedded|both] [-dir DIRECTORY]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// options are what the command line asks for.
type options struct {
	program    string
	dir        string
	example    string
	executions int
	clients    int
	on         string
}

// run is the whole program but for the process around it. It returns the exit code: 0 when every row came back, 1 when not
// or when something failed, 2 for a wrong command line.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		return 2
	}
	if err := rehearse(ctx, o, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "rehearsal:", err)
		return 1
	}
	return 0
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("rehearsal", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.program, "program", "bin/peneira", "the service's program")
	flags.StringVar(&o.dir, "dir", "", "directory for the databases, on the disk to measure; default: the one for temporary files")
	flags.StringVar(&o.example, "example", "examples/bacen", "directory with script.js and data.json")
	flags.IntVar(&o.executions, "executions", 100_000, "how many executions the database holds, 1 to 10000000")
	flags.IntVar(&o.clients, "clients", 64, "clients that post them, 1 to 1000")
	flags.StringVar(&o.on, "on", "both", "which database is lost: external, embedded or both")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	known := o.on == onExternal || o.on == onEmbedded || o.on == "both"
	if flags.NArg() > 0 || o.executions < 1 || o.executions > 10_000_000 || o.clients < 1 || o.clients > 1000 || !known {
		fmt.Fprintln(stderr, "rehearsal: takes no arguments but the flags; -executions is 1 to 10000000, -clients 1 to 1000, -on external, embedded or both")
		return o, errors.New("wrong command line")
	}
	return o, nil
}

// The databases that can be lost.
const (
	onExternal = "external"
	onEmbedded = "embedded"
)

// rehearse loses each database that is asked for, and prints how long the way back took.
func rehearse(ctx context.Context, o options, out, progress io.Writer) (err error) {
	program, err := filepath.Abs(o.program)
	if err != nil {
		return fmt.Errorf("find the program: %w", err)
	}
	o.program = program
	dir, err := os.MkdirTemp(o.dir, "peneira-rehearsal-")
	if err != nil {
		return fmt.Errorf("make a directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	//nolint:gosec // as root the database runs as another user, who must pass through
	if err := os.Chmod(dir, 0o755); err != nil {
		return fmt.Errorf("open the directory: %w", err)
	}
	var all []result
	for _, on := range []string{onExternal, onEmbedded} {
		if o.on != on && o.on != "both" {
			continue
		}
		r := &rehearsal{options: o, on: on, dir: filepath.Join(dir, on), progress: progress}
		found, err := r.perform(ctx)
		if err != nil {
			return fmt.Errorf("%s database: %w", on, err)
		}
		all = append(all, found)
	}
	write(out, all)
	return nil
}
