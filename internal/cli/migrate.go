package cli

import (
	"context"
	"errors"
	"fmt"

	"peneira/internal/postgres"
)

// migrateCommand is `peneira migrate`.
type migrateCommand struct {
	DatabaseURL string `name:"database-url" env:"DATABASE_URL" help:"PostgreSQL to migrate."`
}

// Run implements the command.
func (c *migrateCommand) Run(ctx context.Context, p Process) error {
	if c.DatabaseURL == "" {
		return usage(errors.New("DATABASE_URL is not set; serve migrates the embedded database itself"))
	}
	applied, err := postgres.Migrate(ctx, c.DatabaseURL)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.Stdout, "applied %d migrations\n", applied)
	return err
}
