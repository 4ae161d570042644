// Package embedded runs a PostgreSQL server of our own, for those who have set up none.
//
// The server keeps its data in a directory, listens on a Unix socket only, and lives and dies with this process: on Linux
// even a kill -9 of ours takes it along, and the next start recovers.
package embedded

import (
	"context"
	"log/slog"
	"time"

	"peneira/internal/postgres/binaries"
)

// The superuser and the database that a new cluster is made with.
const (
	User     = "peneira"
	Database = "peneira"
)

const (
	// defaultStateRoot holds the clusters of servers that run as another user than we do, where that user cannot reach the
	// data directory: a clone below /root, for example.
	defaultStateRoot = "/var/lib/peneira"
	// settlePatience is how long an earlier server may take to end: 5 s to kill its own children, and some to spare.
	settlePatience = 10 * time.Second
)

// Config says where the server keeps its data and which programs it is.
type Config struct {
	// Dir is the directory that holds everything: the cluster in Dir/pg, the server's log in Dir/logs/postgres.log,
	// downloaded programs in Dir/postgres-<version>. It is made when missing. Required.
	Dir string
	// BinDir is the directory of the programs of PostgreSQL; no other is looked at then. Empty: they are looked for.
	BinDir string
	// DownloadURL is the base of a Maven repository that has the server's programs, for machines without PostgreSQL.
	// Default: binaries.DefaultRepository.
	DownloadURL string
	// Version is the version to download, as "17.6.0". Default: binaries.DefaultVersion.
	Version string
	// Logger is told what takes time or deserves attention. Default: silence.
	Logger *slog.Logger
	// Throwaway gives up durability for speed. For tests alone: a crash of the machine leaves the data unusable.
	Throwaway bool

	// stateRoot holds the clusters that cannot live in Dir. Default: defaultStateRoot; tests put it elsewhere.
	stateRoot string
	// places are where to look for PostgreSQL. Default: the usual ones; tests look nowhere.
	places []string
	// patience is how long to wait for an earlier server to end. Default: settlePatience; tests have less.
	patience time.Duration
}

// Server is a running PostgreSQL server. Its methods may be called from several goroutines.
type Server struct {
	url    string
	binDir string
	done   chan struct{}
	err    error // set before done is closed
	stop   func(context.Context) error
}

// Start starts the server in cfg.Dir, making the cluster first where there is none, and returns when it answers.
// The context bounds the start alone; the server then runs until Stop.
//
// It returns an error that tells what to do when another server uses the directory, when no fitting PostgreSQL is
// installed and none can be downloaded, or when the server does not come up; the last lines of its log are in it then.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	return start(ctx, cfg.withDefaults())
}

// Running returns the address of the database when a process, such as a server that is up, runs it in cfg.Dir just now.
func Running(ctx context.Context, cfg Config) (url string, ok bool, err error) {
	return running(ctx, cfg.withDefaults())
}

func (cfg Config) withDefaults() Config {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.DownloadURL == "" {
		cfg.DownloadURL = binaries.DefaultRepository
	}
	if cfg.Version == "" {
		cfg.Version = binaries.DefaultVersion
	}
	if cfg.stateRoot == "" {
		cfg.stateRoot = defaultStateRoot
	}
	if cfg.patience == 0 {
		cfg.patience = settlePatience
	}
	return cfg
}

// URL returns the address of the database, which pgx, psql and pg_dump understand.
func (s *Server) URL() string { return s.url }

// BinDir returns the directory of the server's own programs. It holds pg_dump only when PostgreSQL is installed: what is
// downloaded is the server alone.
func (s *Server) BinDir() string { return s.binDir }

// Done is closed when the server has ended, asked or not.
func (s *Server) Done() <-chan struct{} { return s.done }

// Err tells why the server ended without being asked, with the last lines of its log. It is nil until Done is closed, and
// after a Stop.
func (s *Server) Err() error {
	select {
	case <-s.done:
		return s.err
	default:
		return nil
	}
}

// Stop ends the server and returns when it is gone: first with a clean shutdown that ends all sessions, then, when ctx
// ends or half a minute passes, at once, which loses nothing either but makes the next start recover.
// It may be called again, and must be called once even after the server ended by itself, to give its directory free.
func (s *Server) Stop(ctx context.Context) error { return s.stop(ctx) }
