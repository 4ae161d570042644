// Command performance measures how fast scripts run in the sandbox, compares that with Node where there is one, and
// writes a report. Its numbers are of the machine that it runs on.
//
//	go run ./cmd/performance [-out docs/performance.md] [-node node]
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"peneira/internal/sandbox/child"
)

func main() {
	child.MainIfChild()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stderr)
	stop()
	os.Exit(code)
}

// run measures and writes the report. It returns the status to exit with.
func run(ctx context.Context, args []string, stderr io.Writer) int {
	flags := flag.NewFlagSet("performance", flag.ContinueOnError)
	flags.SetOutput(stderr)
	out := flags.String("out", "docs/performance.md", "file to write")
	program := flags.String("node", "node", "the Node to compare with; without one its columns are left out")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	r, err := measure(ctx, *program, stderr)
	if err == nil {
		err = os.WriteFile(*out, []byte(r.markdown()), 0o644) //nolint:gosec // a report is for everybody
	}
	if err != nil {
		fmt.Fprintln(stderr, "performance:", err)
		return 1
	}
	return 0
}
