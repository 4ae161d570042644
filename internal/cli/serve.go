package cli

import (
	"context"
	"log/slog"

	"peneira/internal/app"
	"peneira/internal/config"
	"peneira/internal/observe"
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
	if c.LogFile.On() {
		file, err := observe.OpenLogFile(c.LogDir(), string(c.Role))
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		p.Stderr = observe.Both(p.Stderr, file)
	}
	server, log, err := newApp(c.Config, p)
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

func newApp(cfg config.Config, p Process) (*app.App, *slog.Logger, error) {
	log := observe.NewLogger(p.Stderr, cfg.LogLevel.Level())
	server, err := app.New(cfg, app.Options{Version: p.Version, Logger: log})
	return server, log, err
}
