package cli

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"peneira/internal/access"
	"peneira/internal/postgres"
)

// keysCommand is `peneira keys`. It works on the database, so that a first key can be made while no server is up.
type keysCommand struct {
	Create keysCreateCommand `cmd:"" help:"Make a key and print it, once."`
	List   keysListCommand   `cmd:"" help:"List all keys, newest first."`
	Revoke keysRevokeCommand `cmd:"" help:"Revoke a key, at once in all processes."`
}

type keysCreateCommand struct {
	databaseFlags `embed:""`

	Name     string        `required:"" help:"What the key is for."`
	Scopes   []string      `name:"scope" required:"" help:"What it allows, separated by commas: scripts:read, scripts:write, executions:read, executions:write, metrics:read or admin, which is everything."`
	Expires  time.Duration `help:"After how long it is of no use, such as 2160h. Unset: never."`
	Rate     int           `name:"rate-limit" help:"Requests per second that it may send to each server. Unset: what the server's settings say."`
	InFlight int           `name:"in-flight" help:"Executions that it may have waiting or running on each server. Unset: what the server's settings say."`
}

// Run implements the command. The key goes to stdout, alone; what is known of it goes to stderr.
func (c *keysCreateCommand) Run(ctx context.Context, p Process) error {
	now := time.Now()
	scopes, err := access.ParseScopes(c.Scopes)
	if err != nil {
		return usage(err)
	}
	draft := access.Draft{
		Name: c.Name, Scopes: scopes, Limits: access.Limits{RequestsPerSecond: c.Rate, ExecutionsInFlight: c.InFlight},
	}
	if c.Expires != 0 {
		end := now.Add(c.Expires)
		draft.ExpiresAt = &end
	}
	if err := draft.Validate(now); err != nil {
		return usage(err)
	}
	return c.withKeys(ctx, p, func(keys *postgres.APIKeys) error {
		key, token, err := keys.Create(ctx, draft)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(p.Stdout, token); err != nil {
			return fmt.Errorf("the key %s was made and cannot be shown; revoke it: %w", key.ID, err)
		}
		fmt.Fprintf(p.Stderr, "made key %s; it is not shown again\n", key.ID)
		return nil
	})
}

type keysListCommand struct {
	databaseFlags `embed:""`
}

// Run implements the command.
func (c *keysListCommand) Run(ctx context.Context, p Process) error {
	return c.withKeys(ctx, p, func(keys *postgres.APIKeys) error {
		list, err := keys.List(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(p.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "ID\tNAME\tKEY\tSCOPES\tCREATED\tEXPIRES\tLAST USED\tREVOKED")
		for _, key := range list {
			scopes := make([]string, len(key.Scopes))
			for i, scope := range key.Scopes {
				scopes[i] = string(scope)
			}
			fmt.Fprintf(table, "%s\t%s\t%s…\t%s\t%s\t%s\t%s\t%s\n", key.ID, key.Name, key.Hint, strings.Join(scopes, ","),
				timeText(&key.CreatedAt), timeText(key.ExpiresAt), timeText(key.LastUsed), timeText(key.RevokedAt))
		}
		return table.Flush()
	})
}

func timeText(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}

type keysRevokeCommand struct {
	databaseFlags `embed:""`

	ID string `arg:"" help:"Id of the key, as keys list shows it."`
}

// Run implements the command.
func (c *keysRevokeCommand) Run(ctx context.Context, p Process) error {
	id, err := uuid.Parse(c.ID)
	if err != nil {
		return usage(fmt.Errorf("%q is not the id of a key, which is a UUID; keys list shows it", c.ID))
	}
	return c.withKeys(ctx, p, func(keys *postgres.APIKeys) error {
		if err := keys.Revoke(ctx, id); err != nil {
			return err
		}
		_, err := fmt.Fprintf(p.Stdout, "revoked key %s\n", id)
		return err
	})
}

func (f databaseFlags) withKeys(ctx context.Context, p Process, do func(*postgres.APIKeys) error) error {
	return f.with(ctx, p, func(url string) error {
		pool, err := postgres.Open(ctx, url)
		if err != nil {
			return err
		}
		defer pool.Close()
		return do(postgres.NewAPIKeys(pool))
	})
}
