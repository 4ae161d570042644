// Package api serves the HTTP contract that openapi.yaml describes.
//
// It decodes no payload: data goes on as the bytes that came and results go out as the bytes that are stored. Whatever
// goes wrong is answered as application/problem+json, from one table of problems.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/google/uuid"

	"peneira/internal/budget"
	"peneira/internal/execution"
	"peneira/internal/keyring"
	"peneira/internal/script"
)

// Scripts keeps scripts and their versions.
type Scripts interface {
	// Create hosts a new script as version 1.
	Create(ctx context.Context, draft script.Draft) (script.Script, error)
	// Replace makes a new version. It returns a failure of kind NotFound when there is no such script.
	Replace(ctx context.Context, id uuid.UUID, draft script.Draft) (script.Script, error)
	// Get returns a failure of kind NotFound when there is no such script.
	Get(ctx context.Context, id uuid.UUID) (script.Script, error)
	// List returns a page, counted from 1, newest first and without contents, and how many scripts there are in all.
	List(ctx context.Context, page, size int) (scripts []script.Script, total int, err error)
	// Versions returns a page of a script's versions, counted from 1, newest first and without contents, and how many there
	// are in all. It returns a failure of kind NotFound when there is no such script.
	Versions(ctx context.Context, id uuid.UUID, page, size int) (versions []script.Version, total int, err error)
	// Version returns one version, also of a deleted script, or a failure of kind NotFound.
	Version(ctx context.Context, id uuid.UUID, number int) (script.Version, error)
	// Redactions returns the paths that are masked in payloads of a version's executions where people look.
	Redactions(ctx context.Context, id uuid.UUID, number int) ([]string, error)
	// Delete returns a failure of kind NotFound when there is no such script.
	Delete(ctx context.Context, id uuid.UUID) error
}

// Executions keeps executions and queues new ones.
type Executions interface {
	// Accept stores and queues an execution; once it returns, the execution is durable, unless the request says that who
	// asks waits. The Input of what it returns is not filled. It returns a failure of kind NotFound when there is no such script or version.
	Accept(ctx context.Context, request execution.Request) (execution.Execution, error)
	// Get returns an execution with its payloads, or a failure of kind NotFound.
	Get(ctx context.Context, id uuid.UUID) (execution.Execution, error)
	// Confirm returns when an execution that was accepted is durable, or a failure of kind Unavailable when it is not there.
	Confirm(ctx context.Context, id uuid.UUID) error
	// Accepted is Get for what an idempotency key stands for: once it returns, the execution is durable.
	Accepted(ctx context.Context, id uuid.UUID) (execution.Execution, error)
	// Result is Get without the input.
	Result(ctx context.Context, id uuid.UUID) (execution.Execution, error)
	// Cancel ends an execution. It returns a failure of kind NotFound, or of kind Conflict when it has ended already.
	Cancel(ctx context.Context, id uuid.UUID) error
	// Status returns the state of an execution, or a failure of kind NotFound.
	Status(ctx context.Context, id uuid.UUID) (execution.Status, error)
	// List returns the executions that the filter chooses, newest first.
	List(ctx context.Context, filter execution.Filter) ([]execution.Execution, error)
}

// Checker says whether a script can be hosted.
type Checker interface {
	// Check compiles and loads a script. It returns an *execution.Error when the script is at fault; any other error is
	// ours.
	Check(ctx context.Context, source string) error
}

// Backups makes backups on demand.
type Backups interface {
	Database(ctx context.Context) (Backup, error)
	Logs(ctx context.Context) (Backup, error)
	Cleanup(ctx context.Context) (Backup, error)
}

// Backup is what was done.
type Backup struct {
	Path    string // on the server; empty when nothing was written
	Message string // for people
	At      time.Time
}

// Health says how the service is doing.
type Health interface {
	// Report asks every part.
	Report(ctx context.Context) HealthReport
	// Ready returns nil when requests can be taken, else why not, in words that are safe to show.
	Ready(ctx context.Context) error
}

// HealthReport tells of each part.
type HealthReport struct {
	Parts []HealthPart
}

// HealthStatus is how a part is doing.
type HealthStatus string

// The statuses of a part.
const (
	HealthOK       HealthStatus = "ok"
	HealthDegraded HealthStatus = "degraded" // works, with less than it should have
	HealthDown     HealthStatus = "down"
)

// HealthPart is one part of the service.
type HealthPart struct {
	Name      string
	Status    HealthStatus
	Detail    string // for people; safe to show
	CheckedAt time.Time
	Duration  time.Duration // how long it took to find out
}

// Status is the worst of the parts.
func (r HealthReport) Status() HealthStatus {
	worst := HealthOK
	for _, part := range r.Parts {
		if part.Status == HealthDown || part.Status == HealthDegraded && worst == HealthOK {
			worst = part.Status
		}
	}
	return worst
}

// Limits bounds what clients may send.
type Limits struct {
	// InputBytes is the largest data of one execution, in bytes of JSON text as sent, from 1. It stops a client from
	// filling memory and disk; 0 means DefaultInputBytes.
	InputBytes int
	// Script are the server's limits on a run, which those of a script may only narrow. Zero ones are not checked.
	Script script.Limits
}

// DefaultInputBytes is the largest data of one execution unless set otherwise.
const DefaultInputBytes = 32 << 20

// Mounts are handlers of other packages that are served under the same address. Nil ones are not there.
type Mounts struct {
	Metrics http.Handler // GET /metrics
	RiverUI http.Handler // /riverui and all below it; it sees the whole path
	Console http.Handler // GET / and all below /static/; it sees the whole path
}

// Config is what the API needs. All parts are required but Limits, Mounts, Observe and what says so.
type Config struct {
	Scripts    Scripts
	Executions Executions
	Endings    Endings
	Keys       Keys
	Checker    Checker
	Backups    Backups
	Health     Health
	Version    string // of the product, for people
	Limits     Limits
	Memory     *budget.Budget // what payloads may take; nil: as much as there is
	Logger     *slog.Logger
	Mounts     Mounts
	// Stopping is closed when the server begins to stop: those who wait are then answered.
	Stopping <-chan struct{}
	// LoopbackOnly makes the server answer only to names of this machine.
	LoopbackOnly bool
	// Hosts are names that the server answers to besides, in lower case. They count while it is LoopbackOnly, and where
	// Keyring is nil: it then answers only to them, to localhost and to addresses.
	Hosts []string
	// Keyring holds who may use the server. Nil lets everybody do everything.
	Keyring  *keyring.Keyring
	Flights  *keyring.Flights // needed with Keyring, as are the three below
	Sessions Sessions
	APIKeys  Holders
	Audit    Audit
	// SessionTime is how long a browser stays signed in.
	SessionTime time.Duration
	// Origins are those of other sites whose pages may use the API, such as https://app.example.
	Origins []string
	// TrustedProxies are the addresses and networks whose X-Forwarded-For and X-Forwarded-Proto are believed.
	TrustedProxies []netip.Prefix
	// SlowClient is how long a client may let the server wait; 0 is for ever.
	SlowClient time.Duration
	// Observe is told of every answered request: method and route come from bounded sets (the route is a template such as
	// "/api/scripts/:id", or "" when there was none), so that both can label a metric.
	Observe func(method, route string, status int, took time.Duration)
}

// server answers the operations of the contract. It implements openapi.ServerInterface.
type server struct {
	Config
}

// New returns the handler of the whole contract.
func New(config Config) http.Handler {
	s := newServer(config)
	return s.handler(s.routes())
}

// NewOps returns a handler of /health, /livez, /readyz and /metrics alone, for a process that only works. Of the parts
// it needs Health and Logger.
func NewOps(config Config) http.Handler {
	s := newServer(config)
	return s.handler(s.opsRoutes())
}

func newServer(config Config) *server {
	if config.Limits.InputBytes == 0 {
		config.Limits.InputBytes = DefaultInputBytes
	}
	if config.Observe == nil {
		config.Observe = func(string, string, int, time.Duration) {}
	}
	if config.Keyring != nil {
		config.Executions = admitting{config.Executions, config.Keyring, config.Flights}
	}
	return &server{Config: config}
}
