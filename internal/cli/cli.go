// Package cli is the command line of peneira.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"peneira/internal/sandbox"
	"peneira/internal/sandbox/child"
)

// Process is how the program meets the world.
type Process struct {
	Args   []string // without the program's name
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	// Version, Commit and Built name the build. Built is when the commit was made, so that a build can be repeated.
	Version, Commit, Built string
}

// Exit codes. Scripts around the program rely on them.
const (
	ExitOK     = 0
	ExitFailed = 1 // what was asked could not be done; the reason is on stderr
	ExitUsage  = 2 // the command line or a setting is wrong
	ExitScript = 3 // run: the script failed; its precise error is on stderr
)

type commands struct {
	Serve       serveCommand       `cmd:"" help:"Serve the API and run executions."`
	Run         runCommand         `cmd:"" help:"Run a script over JSON in the same sandbox, without server or database."`
	Migrate     migrateCommand     `cmd:"" help:"Bring the database's schema up to date; serve does so too."`
	Keys        keysCommand        `cmd:"" help:"Make, list and revoke the keys of those who may use the server."`
	Restore     restoreCommand     `cmd:"" help:"Bring a backup back into an empty database, or over what is there with --force."`
	Healthcheck healthcheckCommand `cmd:"" help:"Exit with 0 if the server that listens here is ready, for container health checks."`
	Version     versionCommand     `cmd:"" help:"Print the version."`
}

// Run carries out the command line and returns the exit code.
// A first SIGINT or SIGTERM stops in good order; a second one ends the process at once.
func Run(p Process) int {
	// The sandbox must come before anything else is set up: what it starts with is what hostile code might reach.
	if len(p.Args) > 0 && p.Args[0] == sandbox.ChildArgument {
		return child.Main()
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go stopOnSignal(ctx, signals, stop)

	var cmds commands
	parser, err := kong.New(&cmds,
		kong.Name("peneira"),
		kong.Description("Hosts JavaScript data-preparation scripts and runs them, safely and asynchronously, over posted JSON."),
		kong.Writers(p.Stdout, p.Stderr),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(p),
		kong.Resolvers(settingsFromFiles()),
		kong.Exit(func(code int) { panic(exit(code)) }),
	)
	if err != nil {
		return complain(p, ExitFailed, err)
	}
	return parseAndRun(parser, p)
}

// stopOnSignal calls stop at the first SIGINT or SIGTERM. Before that it gives the signals their usual effect back, so that
// whoever sees the stop begin can end the process at once with a second one.
func stopOnSignal(ctx context.Context, signals chan os.Signal, stop func()) {
	select {
	case <-signals:
	case <-ctx.Done():
	}
	signal.Stop(signals)
	stop()
}

// exit carries kong's wish to end the process, after --help, out of the parser.
type exit int

func parseAndRun(parser *kong.Kong, p Process) (code int) {
	defer func() {
		if e, ok := recover().(exit); ok {
			code = int(e)
		}
	}()
	parsed, err := parser.Parse(p.Args)
	if err != nil {
		return complain(p, ExitUsage, fmt.Errorf("%w; see peneira --help", err))
	}
	err = parsed.Run()
	var coded *codedError
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &coded):
		return complain(p, coded.code, coded.err)
	default:
		return complain(p, ExitFailed, err)
	}
}

// codedError is an error with an exit code of its own.
type codedError struct {
	code int
	err  error
}

func (e *codedError) Error() string { return e.err.Error() }
func (e *codedError) Unwrap() error { return e.err }

func usage(err error) error {
	if err == nil {
		return nil
	}
	return &codedError{ExitUsage, err}
}

func complain(p Process, code int, err error) int {
	_, _ = fmt.Fprintf(p.Stderr, "peneira: %v\n", err)
	return code
}
