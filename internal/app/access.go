package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"peneira/internal/access"
	"peneira/internal/api"
	"peneira/internal/keyring"
	"peneira/internal/postgres"
)

// gate is what decides who may do what.
type gate struct {
	keyring *keyring.Keyring // nil with PENEIRA_AUTH=off: everybody may do everything
	flights *keyring.Flights
}

// newGate makes the gate and adds it to what the API needs. It returns an error when others could reach the server and
// there is no key to tell them apart.
func (a *App) newGate(ctx context.Context, database *database, endings *postgres.Endings, cfg *api.Config) (*gate, error) {
	keys, proxies := postgres.NewAPIKeys(database.pool), a.proxies
	cfg.APIKeys, cfg.Sessions, cfg.Audit = keys, postgres.NewSessions(database.pool), postgres.NewAudit(database.pool)
	cfg.SessionTime, cfg.Origins, cfg.TrustedProxies, cfg.SlowClient = a.cfg.SessionTime, a.cfg.Origins, proxies, a.cfg.SlowClient
	cfg.LoopbackOnly, cfg.Hosts = a.cfg.Auth.On() && !a.cfg.Public(), lowered(a.cfg.Hosts)
	ring := keyring.New(keyring.Config{
		Store: keys, Told: endings.Listening, Logger: a.log,
		Defaults: access.Limits{RequestsPerSecond: a.cfg.RateLimit, ExecutionsInFlight: a.cfg.InFlight},
	})
	if err := a.whenThere(ctx, "read the keys", func() error { return ring.Load(ctx) }); err != nil {
		return nil, err
	}
	if !a.cfg.Auth.On() {
		a.log.InfoContext(ctx, "nobody is asked for a key: only requests to an address, to localhost or to these names are answered",
			"PENEIRA_HOSTS", cfg.Hosts)
		if ring.Required() {
			a.log.WarnContext(ctx, "there are keys, but PENEIRA_AUTH=off: nobody is asked for one")
		}
		return &gate{}, nil
	}
	switch {
	case ring.Required():
		a.log.InfoContext(ctx, "requests need a key", "keys", ring.Size())
	case a.cfg.Public():
		return nil, noKeys(a.cfg.Listen)
	default:
		a.log.InfoContext(ctx, "no key was made yet: this machine may do everything, and no other is answered")
	}
	g := &gate{ring, keyring.NewFlights(postgres.NewExecutions(database.pool, nil).Ended, a.log)}
	endings.Tell(postgres.Listeners{Ended: g.flights.End, KeysChanged: ring.Changed, Missed: g.flights.Missed})
	cfg.Keyring, cfg.Flights = g.keyring, g.flights
	return g, nil
}

func lowered(names []string) []string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = strings.ToLower(name)
	}
	return list
}

func noKeys(listen string) error {
	return fmt.Errorf("PENEIRA_LISTEN is %q, which others can reach, and there is no key to tell them apart: make one with "+
		"\"peneira keys create --name admin --scope admin\" and the same DATABASE_URL or PENEIRA_DATA_DIR, listen on 127.0.0.1, "+
		"or set PENEIRA_AUTH=off if something in front of the server authenticates", listen)
}

// open reports whether nobody is asked for a key.
func (g *gate) open() bool { return g.keyring == nil || !g.keyring.Required() }

// run keeps the gate current until ctx ends.
func (g *gate) run(ctx context.Context) error {
	if g.keyring == nil {
		<-ctx.Done()
		return nil
	}
	ended := make(chan error, 1)
	go func() { ended <- g.flights.Run(ctx) }()
	return errors.Join(g.keyring.Run(ctx), <-ended)
}

// accessChores are what access leaves to be tidied up each hour.
func (a *App) accessChores(database *database) []func(context.Context) error {
	sessions, audit := postgres.NewSessions(database.pool), postgres.NewAudit(database.pool)
	return []func(context.Context) error{
		func(ctx context.Context) error {
			_, err := sessions.DropDead(ctx)
			return err
		},
		func(ctx context.Context) error {
			n, err := audit.Forget(ctx, time.Now().Add(-a.cfg.AuditRetention))
			if n > 0 {
				a.log.InfoContext(ctx, "forgot audit entries past their retention", "count", n)
			}
			return err
		},
	}
}
