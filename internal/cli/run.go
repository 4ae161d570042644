package cli

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"unicode/utf8"

	"peneira/internal/config"
	"peneira/internal/execution"
	"peneira/internal/rawjson"
	"peneira/internal/sandbox"
	"peneira/internal/script"
)

// runCommand is `peneira run SCRIPT < data.json`.
type runCommand struct {
	Script string `arg:"" help:"File of the script."`
	Data   string `arg:"" optional:"" help:"File of the JSON data; left out or -: standard input."`

	config.Limits `embed:""`
}

// Run implements the command. The result goes to stdout, what the script logs to stderr.
func (c *runCommand) Run(ctx context.Context, p Process) error {
	if err := c.Validate(); err != nil {
		return usage(err)
	}
	source, data, err := c.read(p)
	if err != nil {
		return usage(err)
	}
	outcome, err := c.execute(ctx, p, source, data)
	if err != nil {
		return err
	}
	for _, entry := range outcome.Logs {
		if _, err := fmt.Fprintf(p.Stderr, "%s: %s\n", entry.Level, entry.Message); err != nil {
			return fmt.Errorf("write logs: %w", err)
		}
	}
	if outcome.Err != nil {
		return &codedError{ExitScript, describe(c.Script, source, outcome.Err)}
	}
	if _, err := fmt.Fprintf(p.Stdout, "%s\n", outcome.Output); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return nil
}

func (c *runCommand) read(p Process) (source string, data []byte, err error) {
	content, err := os.ReadFile(c.Script)
	if err != nil {
		return "", nil, fmt.Errorf("read the script: %w", err)
	}
	if len(content) == 0 || len(content) > script.MaxContentBytes || !utf8.Valid(content) {
		return "", nil, fmt.Errorf("%s must be UTF-8 text of 1 byte to 1 MiB", c.Script)
	}
	in := p.Stdin
	if c.Data != "" && c.Data != "-" {
		file, err := os.Open(c.Data)
		if err != nil {
			return "", nil, fmt.Errorf("read the data: %w", err)
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	data, err = io.ReadAll(io.LimitReader(in, int64(c.InputLimit)+1))
	switch {
	case err != nil:
		return "", nil, fmt.Errorf("read the data: %w", err)
	case len(data) > int(c.InputLimit):
		return "", nil, fmt.Errorf("the data is larger than the limit of %v; --input-limit raises it", c.InputLimit)
	}
	if err := rawjson.Check(data, rawjson.MaxDepth); err != nil {
		return "", nil, fmt.Errorf("the data is not one valid JSON value: %w", err)
	}
	return string(content), data, nil
}

func (c *runCommand) execute(ctx context.Context, p Process, source string, data []byte) (execution.Outcome, error) {
	pool, err := sandbox.New(sandbox.Config{
		Sandboxes: 1,
		Limits: sandbox.Limits{
			Time: c.TimeLimit, MemoryBytes: int64(c.MemoryLimit), OutputBytes: int64(c.OutputLimit), LogBytes: int64(c.LogLimit),
		},
		// What the kernel does not grant matters to a service; to one run of one's own script it is noise.
		Logger: slog.New(slog.NewTextHandler(p.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		return execution.Outcome{}, err
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- pool.Run(running) }()
	outcome, err := pool.Execute(ctx, sandbox.Request{
		Program: sandbox.Program{Key: sha256.Sum256([]byte(source)), Source: source},
		Input:   data,
	})
	stop()
	if err := errors.Join(err, <-ended); err != nil {
		return execution.Outcome{}, fmt.Errorf("run the script: %w", err)
	}
	return outcome, nil
}

// describe puts an error the way compilers do, so that editors find the place, with the line and the stack below.
func describe(file, source string, e *execution.Error) error {
	text := e.Message
	if e.Name != "" {
		text = e.Name + ": " + text
	}
	if e.Line > 0 {
		text = fmt.Sprintf("%s:%d:%d: %s", file, e.Line, e.Column, text)
	}
	if e.Kind != execution.ScriptError {
		text += " [" + string(e.Kind) + "]"
	}
	if excerpt := script.Excerpt(source, e.Line, e.Column); excerpt != "" {
		text += "\n    " + strings.ReplaceAll(excerpt, "\n", "\n    ")
	}
	if e.Stack != "" {
		text += "\n" + e.Stack
	}
	return errors.New(text)
}
