package cli

import (
	"context"

	"peneira/internal/app"
	"peneira/internal/config"
)

// serveCommand is `peneira serve`.
type serveCommand struct {
	config.Config `embed:""`
}

// Run implements the command.
func (c *serveCommand) Run(ctx context.Context, p Process) error {
	if err := c.Validate(); err != nil { // before there is a directory for logs
		return usage(err)
	}
	log, done, err := app.OpenLog(c.Config, p.Stderr)
	if err != nil {
		return err
	}
	defer done()
	server, err := app.New(c.Config, app.Options{Version: p.Version, Logger: log})
	if err != nil {
		return usage(err)
	}
	go server.Announce(ctx, p.Stdout)
	if err := server.Run(ctx); err != nil {
		log.ErrorContext(ctx, "stopped", "error", err)
		return err
	}
	return nil
}
