// Command loadtest drives a running server over its public API with a script and data, checks every output, and reports
// how many executions were accepted and completed in a second and how long they took.
//
//	go run ./cmd/loadtest [-url http://127.0.0.1:5000] [-script F.js -data F.json -expected F.json]
//	                      [-concurrency 32 | -rate 500] [-count 10000] [-duration 30s] [-follow get|prefer] [-json]
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"peneira/internal/load"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// options are what the command line asks for.
type options struct {
	url, key               string
	script, data, expected string // files
	concurrency, count     int
	rate                   float64
	duration, wait         time.Duration
	follow                 string
	json                   bool
}

// run is the whole program but for the process around it. It returns the exit code: 0 when every execution was accepted
// and had the right output, 1 when not or when nothing could be measured, 2 for a wrong command line.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	opts, err := parse(args, getenv, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		return 2
	}
	report, err := drive(ctx, opts)
	if err != nil {
		fmt.Fprintln(stderr, "loadtest:", err)
		return 1
	}
	if opts.json {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(report); err != nil {
			fmt.Fprintln(stderr, "loadtest:", err)
			return 1
		}
	} else {
		report.WriteText(stdout)
	}
	if !report.Good() {
		return 1
	}
	return 0
}

func parse(args []string, getenv func(string) string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("loadtest", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.url, "url", "http://127.0.0.1:5000", "address of the server")
	flags.StringVar(&o.key, "key", getenv("PENEIRA_API_KEY"), "API key, if the server asks for one (PENEIRA_API_KEY)")
	flags.StringVar(&o.script, "script", "examples/bacen/script.js", "file with the script; it is hosted, and deleted in the end")
	flags.StringVar(&o.data, "data", "examples/bacen/data.json", "file with the JSON to post")
	flags.StringVar(&o.expected, "expected", "", "file with the JSON that every output must be; without it, the first output")
	flags.IntVar(&o.concurrency, "concurrency", 32, "clients; with -rate, the most executions in flight, at most 10000")
	flags.Float64Var(&o.rate, "rate", 0, "executions to post in a second, whatever becomes of them; 0: each client waits for its result")
	flags.IntVar(&o.count, "count", 0, "executions to post; 0: as many as there is time for")
	flags.DurationVar(&o.duration, "duration", 10*time.Second, "how long to post, at most 24h")
	flags.DurationVar(&o.wait, "wait", 30*time.Second, "how long an execution may take")
	flags.StringVar(&o.follow, "follow", string(load.Get), "how to learn of the end: get (POST, then GET ?wait) or prefer (POST with Prefer: wait)")
	flags.BoolVar(&o.json, "json", false, "report as JSON")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	var wrong string
	switch {
	case flags.NArg() > 0:
		wrong = "takes no arguments but the flags"
	case o.concurrency < 1 || o.concurrency > 10_000:
		wrong = "-concurrency is from 1 to 10000"
	case o.rate < 0 || o.rate > 1e6 || o.count < 0:
		wrong = "-rate is from 0 to 1000000, and -count at least 0"
	case o.duration <= 0 || o.duration > 24*time.Hour || o.wait <= 0:
		wrong = "-duration is more than 0 and at most 24h, and -wait more than 0"
	case o.follow != string(load.Get) && o.follow != string(load.Prefer):
		wrong = "-follow is get or prefer"
	default:
		return o, nil
	}
	fmt.Fprintln(stderr, "loadtest:", wrong)
	return o, errors.New(wrong)
}

// drive hosts the script, runs the load and deletes the script again.
func drive(ctx context.Context, o options) (report load.Report, err error) {
	script, err := os.ReadFile(o.script)
	if err != nil {
		return report, err
	}
	data, err := os.ReadFile(o.data)
	if err != nil {
		return report, err
	}
	if !json.Valid(data) {
		return report, fmt.Errorf("%s is not valid JSON", o.data)
	}
	var expected []byte
	if o.expected != "" {
		if expected, err = os.ReadFile(o.expected); err != nil {
			return report, err
		}
	}
	client := load.NewClient(o.url, o.key, o.wait, o.concurrency)
	defer client.Close()
	id, err := client.Host(ctx, "load test", string(script))
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, client.Unhost(context.WithoutCancel(ctx), id)) }()
	return load.Run(ctx, load.Config{
		Client: client, Script: id, Data: data, Expected: expected, Follow: load.Follow(o.follow),
		Rate: o.rate, Concurrency: o.concurrency, Count: o.count, Duration: o.duration,
	})
}
