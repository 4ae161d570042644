// Command performance measures how fast scripts run in the sandbox, compares that with Node where there is one, and
// writes a report. Its numbers are of the machine that it runs on.
//
//	go run ./cmd/performance [-out docs/performance.md] [-node node]
//	go run ./cmd/performance -only cases|boundary|memory
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"

	"peneira/internal/sandbox/child"
)

func main() {
	child.MainIfChild()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run measures and writes the report. It returns the status to exit with.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("performance", flag.ContinueOnError)
	flags.SetOutput(stderr)
	out := flags.String("out", "docs/performance.md", "file to write")
	program := flags.String("node", "node", "the Node to compare with; without one its columns are left out")
	only := flags.String("only", "", "measure one part, cases, boundary or memory, and print it instead of writing the file")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if !slices.Contains([]string{"", partCases, partBoundary, partMemory}, *only) {
		fmt.Fprintf(stderr, "performance: there is no part %q\n", *only)
		return 2
	}
	r, err := measure(ctx, *only, *program, stderr)
	switch {
	case err != nil:
	case *only != "":
		_, err = fmt.Fprint(stdout, r.part(*only))
	default:
		err = os.WriteFile(*out, []byte(r.markdown()), 0o644) //nolint:gosec // a report is for everybody
	}
	if err != nil {
		fmt.Fprintln(stderr, "performance:", err)
		return 1
	}
	return 0
}
