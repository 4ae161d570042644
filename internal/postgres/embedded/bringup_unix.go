//go:build unix

package embedded

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"peneira/internal/postgres/binaries"
)

// bringUp starts the server and waits until it takes connections.
func bringUp(ctx context.Context, cfg Config, p place, programs binaries.Installation, socket socketDir, log *serverLog) (*process, error) {
	deadline := time.Now().Add(cfg.patience)
	for {
		//nolint:gosec // the program was found by us, or named by the operator
		cmd := exec.Command(programs.Path(binaries.Postgres), arguments(cfg, p, socket)...)
		cmd.Dir = p.cluster
		cmd.Env = environment()
		cmd.Stdout, cmd.Stderr = log.file, log.file
		cmd.SysProcAttr = p.account.attributes()
		dieWithParent(cmd.SysProcAttr, syscall.SIGQUIT)
		process, err := launch(cmd)
		if err != nil {
			return nil, fmt.Errorf("starting the embedded database: %w", err)
		}
		err = awaitReady(ctx, cfg, process, p.cluster)
		if err == nil {
			return process, nil
		}
		ended := errors.Is(err, errEnded)
		if !ended {
			called, cancel := context.WithCancel(ctx)
			cancel()
			endServer(called, process, cfg)
		}
		tail := log.tail()
		// A server that was killed outright leaves children, which take a moment to notice and let go of its memory.
		if ended && strings.Contains(tail, "is still in use") && time.Now().Before(deadline) {
			if err := pause(ctx, 10*pollInterval); err != nil {
				return nil, fmt.Errorf("starting the embedded database: %w", err)
			}
			continue
		}
		return nil, fmt.Errorf("starting the embedded database: %w%s", err, tail)
	}
}

// arguments returns the command line of the server. Settings given here win over those in the cluster's postgresql.conf.
func arguments(cfg Config, p place, socket socketDir) []string {
	settings := []string{
		"listen_addresses=", "port=" + socketPort,
		"unix_socket_directories=" + socket.setting(), "unix_socket_permissions=0700",
		"cluster_name=peneira", "max_connections=200", "shared_buffers=128MB", "jit=off", "timezone=UTC",
		"log_destination=stderr", "logging_collector=off", "log_timezone=UTC", "log_line_prefix=%m [%p] ", "lc_messages=C",
		"log_checkpoints=off",
		// No payload may reach the log: neither statements nor the rows that an error's detail quotes.
		"log_statement=none", "log_min_error_statement=panic", "log_min_duration_statement=-1", "log_error_verbosity=terse",
	}
	if cfg.Throwaway {
		settings = append(settings, "fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum=off",
			"wal_level=minimal", "max_wal_senders=0", "max_wal_size=256MB", "max_connections=500")
	}
	args := []string{"-D", p.cluster}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	return args
}

var errEnded = errors.New("the server ended")

// awaitReady returns when the server's lock file says that it is ready, the server has ended (errEnded) or ctx ends.
// However long a recovery takes, it is left its time.
func awaitReady(ctx context.Context, cfg Config, p *process, cluster string) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	notice := time.NewTicker(5 * time.Second)
	defer notice.Stop()
	for {
		select {
		case <-p.done:
			return fmt.Errorf("%w (%s)", errEnded, p.state())
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-notice.C:
			cfg.Logger.InfoContext(ctx, "The embedded database is still starting; after a crash it may have much to recover.")
		case <-ticker.C:
			if now, err := readStatus(cluster); err == nil && now.ready && now.pid == p.pid() {
				return nil
			}
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// ensureDatabase connects to the database, and makes it in a cluster that is new.
func ensureDatabase(ctx context.Context, socket socketDir) error {
	conn, err := pgx.Connect(ctx, socket.url(Database))
	if err == nil {
		return conn.Close(ctx)
	}
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != pgerrcode.InvalidCatalogName {
		return fmt.Errorf("connecting to the embedded database: %w", err)
	}
	conn, err = pgx.Connect(ctx, socket.url("postgres"))
	if err != nil {
		return fmt.Errorf("connecting to the embedded database: %w", err)
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{Database}.Sanitize())
	if err = errors.Join(err, conn.Close(ctx)); err != nil {
		return fmt.Errorf("making the database %s: %w", Database, err)
	}
	return nil
}
