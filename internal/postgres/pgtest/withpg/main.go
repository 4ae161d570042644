// Command withpg runs a command with a throw-away PostgreSQL server, whose address it gives in PENEIRA_TEST_DATABASE_URL:
//
//	go run ./internal/postgres/pgtest/withpg -- go test ./...
//
// It ends with the command's exit code. When the variable is set already, the command runs against that server.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"

	"peneira/internal/postgres/pgtest"
)

// Exit codes of our own, as shells use them.
const (
	exitUsage     = 2
	exitFailed    = 125
	exitNotFound  = 127
	exitSignalled = 128 // plus the signal's number
)

func main() {
	// The command is tied to this thread, where the system can do that: it does not outlive a killed withpg.
	runtime.LockOSThread()
	os.Exit(run(os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}

func run(args, env []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		_, _ = fmt.Fprintln(stderr, "usage: withpg -- COMMAND [ARGUMENT...]")
		return exitUsage
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, passedOn...)
	defer signal.Stop(signals)

	if os.Getenv(pgtest.URLVariable) == "" {
		server, err := startServer(signals)
		if err != nil {
			_, _ = fmt.Fprintln(stderr, "withpg: starting PostgreSQL:", err)
			return exitFailed
		}
		defer server.Stop()
		env = append(env, pgtest.URLVariable+"="+server.URL)
	}
	//nolint:gosec // running what it is told to is what it is for
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, stdout, stderr
	isolate(cmd)
	if err := cmd.Start(); err != nil {
		_, _ = fmt.Fprintln(stderr, "withpg:", err)
		return exitNotFound
	}
	ended := make(chan struct{})
	passing := make(chan struct{})
	go func() {
		defer close(passing)
		for {
			select {
			case s := <-signals:
				passOn(cmd, s)
			case <-ended:
				return
			}
		}
	}()
	err := cmd.Wait()
	close(ended)
	<-passing
	return exitCode(err, stderr)
}

// startServer starts the server; a signal in the meantime calls it off.
func startServer(signals <-chan os.Signal) (*pgtest.Throwaway, error) {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	started := make(chan struct{})
	defer close(started)
	go func() {
		select {
		case s := <-signals:
			cancel(fmt.Errorf("interrupted by signal: %s", s))
		case <-started:
		}
	}()
	server, err := pgtest.StartThrowaway(ctx)
	if err == nil && ctx.Err() != nil {
		server.Stop()
		err = context.Cause(ctx)
	}
	return server, err
}

func exitCode(err error, stderr io.Writer) int {
	var failed *exec.ExitError
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &failed):
		_, _ = fmt.Fprintln(stderr, "withpg:", err)
		return exitFailed
	case failed.ExitCode() >= 0:
		return failed.ExitCode()
	default:
		return exitSignalled + signalNumber(failed)
	}
}
