//go:build unix

package embedded

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"peneira/internal/postgres/binaries"
)

const (
	// fastPatience is how long a clean shutdown may take. It writes a checkpoint, which a slow disk may drag out.
	fastPatience = 30 * time.Second
	// immediatePatience is how long the server may take to kill its own children: it gives them 5 s itself.
	immediatePatience = 8 * time.Second
	// logCheckInterval is how often the size of the server's log is looked at while it runs.
	logCheckInterval = time.Minute
)

func start(ctx context.Context, cfg Config) (_ *Server, err error) {
	var undo cleanup
	defer func() {
		if err != nil {
			undo.run()
		}
	}()

	dir, err := makeDir(cfg.Dir)
	if err != nil {
		return nil, err
	}
	unlock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	undo.add(unlock)

	place, err := locate(ctx, dir, cfg)
	if err != nil {
		return nil, err
	}
	programs, err := place.programs(ctx, cfg)
	if err != nil {
		return nil, err
	}
	log, err := openLog(filepath.Join(dir, "logs", "postgres.log"))
	if err != nil {
		return nil, err
	}
	undo.add(log.close)
	if err := place.ensureCluster(ctx, cfg, programs, log); err != nil {
		return nil, err
	}
	if err := settle(ctx, place.cluster, cfg); err != nil {
		return nil, err
	}
	socket, err := makeSocketDir(place)
	if err != nil {
		return nil, err
	}
	undo.add(socket.remove)

	process, err := bringUp(ctx, cfg, place, programs, socket, log)
	if err != nil {
		return nil, err
	}
	s := &Server{url: socket.url(Database), binDir: programs.BinDir, done: make(chan struct{})}
	stopping := new(atomic.Bool)
	go s.supervise(process, log, stopping)
	s.stop = stopper(s, process, stopping, undo.keep(), cfg)
	if err := ensureDatabase(ctx, socket); err != nil {
		now, cancel := context.WithCancel(ctx)
		cancel()
		return nil, errors.Join(err, s.stop(now))
	}
	return s, nil
}

// makeDir makes the directory that holds everything and returns its real, absolute path, by which it is locked.
// Others may pass through it, since the server may run as another user than we do; what it holds protects itself.
func makeDir(dir string) (string, error) {
	if dir == "" {
		return "", errors.New("the embedded database needs a directory for its data")
	}
	if err := makeOpenDir(dir); err != nil {
		return "", fmt.Errorf("making the data directory: %w", err)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("finding the data directory: %w", err)
	}
	dir, err = filepath.EvalSymlinks(dir)
	if err != nil {
		return "", fmt.Errorf("finding the data directory: %w", err)
	}
	return dir, nil
}

// supervise waits for the end of the server, and keeps its log from growing without bound until then.
func (s *Server) supervise(p *process, log *serverLog, stopping *atomic.Bool) {
	defer close(s.done)
	ticker := time.NewTicker(logCheckInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			log.bound()
		case <-p.done:
			if !stopping.Load() {
				s.err = fmt.Errorf("the embedded database ended by itself (%s)%s", p.state(), log.tail())
			}
			return
		}
	}
}

// stopper returns the function behind Server.Stop.
func stopper(s *Server, p *process, stopping *atomic.Bool, resources cleanup, cfg Config) func(context.Context) error {
	var mutex sync.Mutex
	return func(ctx context.Context) error {
		mutex.Lock()
		defer mutex.Unlock()
		stopping.Store(true)
		if !endServer(ctx, p, cfg) {
			return fmt.Errorf("the embedded database (process %d) cannot be stopped", p.pid())
		}
		<-s.done
		resources.run()
		return nil
	}
}

// endServer ends the server and reports whether it is gone.
func endServer(ctx context.Context, p *process, cfg Config) bool {
	if ctx.Err() == nil {
		if p.end(ctx, syscall.SIGINT, fastPatience) {
			return true
		}
		cfg.Logger.WarnContext(ctx, "The embedded database did not stop in time; ending it at once. The next start recovers.")
	}
	// The caller's time may be up by now, but a server left behind would be worse than a late answer.
	ctx = context.WithoutCancel(ctx)
	return p.end(ctx, syscall.SIGQUIT, immediatePatience) || p.end(ctx, syscall.SIGKILL, immediatePatience)
}

// cleanup is a list of things to undo, last first.
type cleanup struct{ steps []func() }

func (c *cleanup) add(step func()) { c.steps = append(c.steps, step) }

// keep hands the list on.
func (c *cleanup) keep() cleanup {
	kept := *c
	c.steps = nil
	return kept
}

func (c *cleanup) run() {
	for _, step := range slices.Backward(c.steps) {
		step()
	}
	c.steps = nil
}

// databaseURL returns the address of a database behind a socket directory. Everything that libpq and pgx would take from
// the environment and that could lead elsewhere (PGPORT, PGUSER, PGSSLMODE) is said.
func databaseURL(socketDir, database string) string {
	query := url.Values{"host": {socketDir}, "port": {socketPort}, "user": {User}, "sslmode": {"disable"}}
	// libpq does not read "+" as a space.
	return "postgres:///" + url.PathEscape(database) + "?" + strings.ReplaceAll(query.Encode(), "+", "%20")
}

// programs returns the installation to run: one of the cluster's own version if there is a cluster.
func (p place) programs(ctx context.Context, cfg Config) (binaries.Installation, error) {
	major, err := clusterMajor(p.cluster)
	if err != nil {
		return binaries.Installation{}, err
	}
	source := binaries.Source{BaseURL: cfg.DownloadURL, Version: binaries.DownloadVersion(cfg.Version, major), Dir: p.base, Logger: cfg.Logger}
	usable := func(found binaries.Installation) error {
		return p.account.canRun(ctx, found.Path(binaries.Postgres), "/")
	}
	query := binaries.Query{BinDir: cfg.BinDir, Major: major, Places: cfg.places, Usable: usable}
	found, err := binaries.Find(ctx, query)
	if errors.Is(err, binaries.ErrNotFound) && cfg.BinDir == "" && source.Version != "" {
		missing := err
		if found, err = binaries.Download(ctx, source); err == nil {
			err = usable(found)
		}
		if err != nil {
			err = fmt.Errorf("%w, and downloading it failed: %w", missing, err)
		}
	}
	switch {
	case ctx.Err() != nil:
		return binaries.Installation{}, fmt.Errorf("finding PostgreSQL: %w", context.Cause(ctx))
	case err != nil:
		return binaries.Installation{}, fmt.Errorf("%w. %s", err, advice(p.cluster, major))
	}
	return found, nil
}

// advice tells what to install.
func advice(cluster string, major int) string {
	if major == 0 {
		return "Install PostgreSQL (Debian, Ubuntu: apt install postgresql; macOS: brew install postgresql@17), " +
			"or set PG_BIN to the directory of its programs, or DATABASE_URL to a running server"
	}
	return fmt.Sprintf("The database in %s was made by PostgreSQL %d and needs that version. Install it "+
		"(Debian, Ubuntu: apt install postgresql-%d; macOS: brew install postgresql@%d), or set PG_BIN to the directory of its programs",
		cluster, major, major, major)
}
