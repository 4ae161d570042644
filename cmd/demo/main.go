// Command demo hosts an example on a running server, runs it, shows its result and how long it took, and checks it.
//
//	go run ./cmd/demo [-url http://127.0.0.1:5000] [-dir examples/bacen] [-repeat 100]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// options are what the command line asks for.
type options struct {
	url    string
	dir    string
	key    string
	repeat int
	wait   time.Duration
}

// example is what one directory under examples holds.
type example struct {
	name           string
	script         string
	data, expected []byte // JSON
}

// errDiffers is returned when a result is not the expected one; the difference has been shown by then.
var errDiffers = errors.New("the result is not what was expected")

// run is the whole program but for the process around it. It returns the exit code: 0 when the result is as expected,
// 1 when it is not or could not be had, 2 for a wrong command line.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	opts, err := parse(args, getenv, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		return 2
	}
	if err := demonstrate(ctx, opts, stdout); err != nil {
		fmt.Fprintln(stderr, "demo:", err)
		return 1
	}
	return 0
}

func parse(args []string, getenv func(string) string, stderr io.Writer) (options, error) {
	var opts options
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&opts.url, "url", serverURL(getenv("PENEIRA_LISTEN")), "address of the server; PENEIRA_LISTEN tells it too")
	flags.StringVar(&opts.dir, "dir", "examples/bacen", "directory with script.js, data.json and expected.json")
	flags.StringVar(&opts.key, "key", getenv("PENEIRA_API_KEY"), "API key, if the server asks for one (PENEIRA_API_KEY)")
	flags.IntVar(&opts.repeat, "repeat", 1, "how many times to run; more than one prints percentiles")
	flags.DurationVar(&opts.wait, "wait", 10*time.Second, "how long to wait for the server, and for each result")
	if err := flags.Parse(args); err != nil {
		return opts, err
	}
	if flags.NArg() > 0 || opts.repeat < 1 || opts.wait <= 0 {
		fmt.Fprintln(stderr, "demo: takes no arguments but the flags; -repeat is at least 1, and -wait more than 0")
		flags.Usage()
		return opts, errors.New("wrong command line")
	}
	return opts, nil
}

// serverURL is where a server is found that listens on the address, "" for the default.
func serverURL(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "http://127.0.0.1:5000"
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// demonstrate hosts the example, runs it as often as asked and reports on out.
// It returns errDiffers when any result is not the expected one.
func demonstrate(ctx context.Context, opts options, out io.Writer) error {
	ex, err := load(opts.dir)
	if err != nil {
		return err
	}
	server := newClient(opts.url, opts.key, opts.wait)
	if err := server.awaitReady(ctx, out); err != nil {
		return err
	}
	script, err := server.host(ctx, ex)
	if err != nil {
		return err
	}
	ink := inkFor(out)
	fmt.Fprintf(out, "%s %s, version %d\n", ink.dim("hosted "), script.ID, script.Version)

	first, err := server.execute(ctx, script.ID, ex.data)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s %s\n\n", ink.dim("ran    "), first.ID)
	if err := report(out, ink, first, ex); err != nil {
		return err
	}
	if opts.repeat == 1 {
		return nil
	}
	runs := []*execution{first}
	for len(runs) < opts.repeat {
		next, err := server.execute(ctx, script.ID, ex.data)
		if err != nil {
			return fmt.Errorf("run %d: %w", len(runs)+1, err)
		}
		if err := compare(io.Discard, ink, next.Output, ex.expected); err != nil {
			return fmt.Errorf("run %d, execution %s: %w", len(runs)+1, next.ID, err)
		}
		runs = append(runs, next)
	}
	fmt.Fprintln(out)
	writePercentiles(out, ink, runs)
	return nil
}

// report shows one execution: its rows, its times, and whether it is as expected.
func report(out io.Writer, ink ink, e *execution, ex example) error {
	if e.Status != "completed" {
		return fmt.Errorf("execution %s %s: %s", e.ID, e.Status, e.ErrorMessage)
	}
	writeResult(out, ink, e.Output)
	fmt.Fprintln(out)
	writeTimeline(out, ink, e)
	fmt.Fprintln(out)
	return compare(out, ink, e.Output, ex.expected)
}

func load(dir string) (example, error) {
	read := func(name string) ([]byte, error) {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, fmt.Errorf("an example needs script.js, data.json and expected.json: %w", err)
		}
		return content, nil
	}
	script, err := read("script.js")
	if err != nil {
		return example{}, err
	}
	data, err := read("data.json")
	if err != nil {
		return example{}, err
	}
	expected, err := read("expected.json")
	if err != nil {
		return example{}, err
	}
	name := strings.ToUpper(filepath.Base(dir)[:1]) + filepath.Base(dir)[1:]
	return example{name: name, script: string(script), data: data, expected: expected}, nil
}
