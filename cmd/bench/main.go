// Command bench measures the service on this machine, with everything it needs: it starts a durable PostgreSQL of its own
// in a directory that it removes again, the server from bin/peneira, and the load.
//
//	go run ./cmd/bench [-seconds 10] [-clients 128] [-dir DIRECTORY]
//	go run ./cmd/bench -report docs/benchmarks.md
//	go run ./cmd/bench -growth [-rows 5000000] [-kept DIRECTORY] [-only seed]
//	go run ./cmd/bench -jobs [-seconds 300 | -count 1000000]
//	go run ./cmd/bench -held [-seconds 120]
//	go run ./cmd/bench -sizes [-seconds 10]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"peneira/internal/postgres/psql"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// options are what the command line asks for.
type options struct {
	program string
	dir     string
	example string
	seconds int
	clients int
	only    string
	report  string
	kept    string
	growth  bool
	jobs    bool
	sizes   bool
	held    bool
	rows    int
	count   int
}

// run is the whole program but for the process around it. It returns the exit code: 0 when everything was measured and
// every output was right, 1 when not, 2 for a wrong command line. Goals that are missed are told, and no error: what a
// machine does beside this is not known here.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		return 2
	}
	if err := bench(ctx, o, stdout); err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 1
	}
	return 0
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.program, "program", "bin/peneira", "the server's program")
	flags.StringVar(&o.dir, "dir", "", "directory for the throw-away database, on the disk to measure; default: the one for temporary files")
	flags.StringVar(&o.example, "example", "examples/bacen", "directory with script.js, data.json and expected.json")
	flags.IntVar(&o.seconds, "seconds", 10, "how long each throughput is measured, 1 to 600")
	flags.IntVar(&o.clients, "clients", 128, "clients of the server under load, 1 to 1000")
	flags.StringVar(&o.only, "only", "", "measure only this: throughput, ceiling, latency, roles or scale; with -growth: seed, read, accept, alone, work or drop")
	flags.StringVar(&o.report, "report", "", "document to write the figures into, between two lines that say so; takes all of them")
	flags.BoolVar(&o.growth, "growth", false, "measure only what a full database costs, against an empty one")
	flags.StringVar(&o.kept, "kept", "", "directory in which the databases of -growth stay, to be measured again")
	flags.BoolVar(&o.jobs, "jobs", false, "measure only how large River's table of jobs gets in -seconds of load; 300 show it")
	flags.IntVar(&o.count, "count", 0, "with -jobs: run so many executions, 1,000 to 10,000,000, and show River's tables as they are by default")
	flags.BoolVar(&o.held, "held", false, "measure only throughput in -seconds of load while a transaction is open, as during a dump; 120 show it")
	flags.BoolVar(&o.sizes, "sizes", false, "measure only bytes per execution, and throughput by size of payload")
	flags.IntVar(&o.rows, "rows", 5_000_000, "executions of the full database, 100,000 to 50,000,000; about 1.5 GB a million")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.rows < 100_000 || o.rows > 50_000_000 {
		fmt.Fprintln(stderr, "bench: -rows is 100000 to 50000000")
		return o, errors.New("wrong command line")
	}
	if o.kept != "" && !o.growth {
		fmt.Fprintln(stderr, "bench: -kept goes with -growth")
		return o, errors.New("wrong command line")
	}
	if o.count != 0 && (!o.jobs || o.count < 1000 || o.count > 10_000_000) {
		fmt.Fprintln(stderr, "bench: -count is 1000 to 10000000, and goes with -jobs")
		return o, errors.New("wrong command line")
	}
	if o.report != "" && (o.only != "" || o.growth) {
		fmt.Fprintln(stderr, "bench: a -report takes all figures, so it goes with neither -only nor -growth")
		return o, errors.New("wrong command line")
	}
	if flags.NArg() > 0 || o.seconds < 1 || o.seconds > 600 || o.clients < 1 || o.clients > 1000 {
		fmt.Fprintln(stderr, "bench: takes no arguments but the flags; -seconds is 1 to 600, -clients 1 to 1000")
		return o, errors.New("wrong command line")
	}
	return o, nil
}

// step is one of the things that are measured.
type step struct {
	name    string
	measure func(context.Context) error
}

// bench starts the database and measures what is asked for.
func bench(ctx context.Context, o options, out io.Writer) error {
	example, err := loadExample(o.example)
	if err != nil {
		return err
	}
	describeMachine(out)
	db, err := startDatabase(ctx, o.dir, o.kept)
	if err != nil {
		return err
	}
	defer db.stop()
	b := &bencher{options: o, example: example, db: db, out: out}
	steps := []step{
		{"throughput", b.measureThroughput},
		{"ceiling", b.measureCeiling},
		{"latency", b.measureLatency},
		{"roles", b.measureRoles},
		{"scale", b.measureScale},
	}
	switch {
	case o.growth:
		steps = []step{{"growth", b.measureGrowth}}
	case o.jobs && o.count > 0:
		steps = []step{{"jobs", b.measureQueue}}
	case o.jobs:
		steps = []step{{"jobs", b.measureJobs}}
	case o.held:
		steps = []step{{"held", b.measureHeld}}
	case o.sizes:
		steps = []step{{"sizes", b.measureSizes}}
	}
	for _, step := range steps {
		if o.only != "" && o.only != step.name && !o.growth {
			continue
		}
		if err := step.measure(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	b.verdict()
	if o.report != "" {
		if b.version, err = psql.Run(ctx, db.URL("postgres"), "SELECT split_part(current_setting('server_version'), ' ', 1)", nil); err != nil {
			return err
		}
		return b.writeReport(o.report)
	}
	return nil
}

// bencher measures, and remembers what the verdict needs.
type bencher struct {
	options
	example example
	db      *database
	out     io.Writer

	throughput, ceiling float64 // executions a second
	ceilings            []float64
	alone               *layout // nil until it is measured
	layouts             []layout
	small               []layout // of small workers; empty where there can be none
	latencies           []idleLatency
	goals               []goal
	databases           int    // that layouts were measured on
	version             string // of PostgreSQL
}

func (b *bencher) duration() time.Duration { return time.Duration(b.seconds) * time.Second }

// goal is a figure that has to be at most, or at least, so much.
type goal struct {
	name        string
	value, want float64
	atLeast     bool
	unit        string
}

func (g goal) met() bool { return g.atLeast == (g.value >= g.want) || g.value == g.want }

func (b *bencher) verdict() {
	if b.throughput > 0 && b.ceiling > 0 {
		b.goals = append(b.goals, goal{"end to end / one at a time", b.throughput / b.ceiling, 1.2, true, "×"})
	}
	if len(b.goals) == 0 {
		return
	}
	fmt.Fprintln(b.out, "\nGoals")
	for _, g := range b.goals {
		bound, word := "at most", "met"
		if g.atLeast {
			bound = "at least"
		}
		if !g.met() {
			word = "MISSED"
		}
		fmt.Fprintf(b.out, "  %-45s %8.2f %-3s %s %g  %s\n", g.name, g.value, g.unit, bound, g.want, word)
	}
}
