// Package app wires the service together; it is the only package that knows all others.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"peneira/internal/config"
	"peneira/internal/observe"
)

// Options are what the settings do not say.
type Options struct {
	Version string // shown in health, metrics and pages
	Logger  *slog.Logger
	Sandbox []string // command of the sandboxes' processes; nil means this binary
}

// App is the service: one process of it.
type App struct {
	cfg      config.Config
	version  string
	log      *slog.Logger
	sandbox  []string // command of the sandboxes' processes; nil means this binary
	metrics  *observe.Metrics
	tracing  *observe.Tracing // set by Run
	memory   memory
	listener net.Listener
	proxies  []netip.Prefix // that are trusted
	ready    atomic.Bool    // whether new work is welcome
	up       chan struct{}  // closed when the service first is ready
	database string         // address of the embedded database, set before up is closed
	open     bool           // whether nobody is asked for a key, set before up is closed
}

// New checks the settings and takes the address to listen on. The database is touched only by Run.
func New(cfg config.Config, opts Options) (*App, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	proxies, err := cfg.TrustedProxies()
	if err != nil {
		return nil, err
	}
	// Taking the address first tells of a second server at once, before a database is started for nothing.
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen on PENEIRA_LISTEN: %w", err)
	}
	return &App{
		cfg: cfg, version: opts.Version, log: opts.Logger, sandbox: opts.Sandbox, metrics: observe.NewMetrics(opts.Version),
		listener: listener, proxies: proxies, up: make(chan struct{}),
		memory: newMemory(cfg),
	}, nil
}

// URL is where the service is reached, without a slash at the end.
func (a *App) URL() string {
	if a.cfg.TLS() {
		return "https://" + a.listener.Addr().String()
	}
	return "http://" + a.listener.Addr().String()
}

// Up is closed when the service is ready for the first time.
func (a *App) Up() <-chan struct{} { return a.up }

// Announce writes the addresses to open to w once the service is ready.
func (a *App) Announce(ctx context.Context, w io.Writer) {
	select {
	case <-ctx.Done():
		return
	case <-a.up:
	}
	if !a.cfg.Role.API() {
		_, _ = fmt.Fprintf(w, "Peneira %s works on the queue. Health: %s/health\n", a.version, a.URL())
		return
	}
	_, _ = fmt.Fprintf(w, "\n  Peneira %s is ready.\n\n", a.version)
	for _, page := range []struct{ name, path string }{
		{"Start here", "/"}, {"API, to try out", "/swagger/"}, {"Queue", "/riverui/"}, {"Health", "/health"}, {"Metrics", "/metrics"},
	} {
		_, _ = fmt.Fprintf(w, "  %-16s %s%s\n", page.name, a.URL(), page.path)
	}
	if a.database != "" {
		_, _ = fmt.Fprintf(w, "  %-16s psql '%s'\n", "SQL", a.database)
	}
	switch {
	case !a.open:
		_, _ = fmt.Fprintf(w, "\n  Requests need a key, and browsers sign in with one.\n")
	case a.cfg.Auth.On():
		_, _ = fmt.Fprintf(w, "\n  No key was made: whoever is on this machine may do everything, and nobody else is answered.\n"+
			"  peneira keys create --name me --scope admin makes the first.\n")
	default:
		_, _ = fmt.Fprintf(w, "\n  PENEIRA_AUTH=off: whoever reaches this address may do everything.\n")
	}
	_, _ = fmt.Fprintf(w, "\n  Ctrl-C stops.\n\n")
}

// Run serves until ctx ends and then stops in good order: no new work is welcome, requests under way are answered while
// running scripts finish or are handed back, the sandboxes end, and the database, if it is ours, stops last.
// It returns nil after such a stop.
func (a *App) Run(ctx context.Context) (err error) {
	defer func() { _ = a.listener.Close() }()
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)

	if a.tracing, err = observe.NewTracing(ctx, a.cfg.OTLPEndpoint, a.version, a.log); err != nil {
		return err
	}
	defer a.stopTracing()
	database, err := a.openDatabase(ctx)
	if err != nil {
		return stopped(ctx, err)
	}
	defer database.close(a.log)
	database.failTo(fail)
	if database.server != nil {
		a.database = database.url
	}

	pool, err := a.newSandboxes()
	if err != nil {
		return err
	}
	parts, err := a.wire(ctx, database, pool)
	if err != nil {
		return err
	}
	sandboxes := start(ctx, "sandboxes", fail, pool.Run)
	defer sandboxes.stop()
	queue := start(ctx, "queue", fail, parts.queue.Run)
	defer queue.stop()
	endings := start(ctx, "endings", fail, parts.endings.Run)
	defer endings.stop()
	keys := start(ctx, "keys", fail, parts.gate.run)
	defer keys.stop()
	a.open = parts.gate.open()
	web := start(ctx, "server", fail, func(ctx context.Context) error { return a.serve(ctx, parts.handler) })
	defer web.stop()
	// A slow request must not keep the queue fetching: both hear of the stop at once, and have the same time for it.
	defer context.AfterFunc(ctx, func() { web.cancel(); queue.cancel() })()

	if err := a.waitReady(ctx, parts.ready); err != nil {
		return stopped(ctx, err)
	}
	a.ready.Store(true)
	close(a.up)
	a.log.InfoContext(ctx, "ready", "url", a.URL(), "role", a.cfg.Role, "version", a.version)

	<-ctx.Done()
	a.ready.Store(false)
	a.log.InfoContext(ctx, "stopping", "grace", a.cfg.ShutdownTime.String())
	return stopped(ctx, nil)
}

// tracesTime is how long a stop waits for the last traces to be sent.
const tracesTime = 3 * time.Second

func (a *App) stopTracing() {
	if err := a.tracing.Stop(tracesTime); err != nil {
		a.log.Warn("traces are lost", "error", err)
	}
}

// stopped returns why ctx ended, if that is a part's failure, or else err, or nil when a stop was asked for.
func stopped(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	switch {
	case cause == nil:
		return err
	case errors.Is(cause, context.Canceled):
		return nil
	default:
		return cause
	}
}

// waitReady waits until ready returns nil.
func (a *App) waitReady(ctx context.Context, ready func(context.Context) error) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}
