package sandbox

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"time"

	"peneira/internal/sandbox/wire"
)

// ChildArgument is the argument with which a binary must call child.Main and do nothing else.
const ChildArgument = wire.ChildArgument

// The ranges and defaults of a Config.
const (
	maxSandboxes   = 1024
	defaultMaxRuns = 5000
)

// Config tells a pool what to be. The zero value is usable.
type Config struct {
	// Sandboxes is the number of children, from 1 to 1024; 0 means one for each CPU.
	Sandboxes int
	// Limits bound every run; zero fields mean those of DefaultLimits.
	Limits Limits
	// MaxRuns is how many runs a child serves before it is replaced; 0 means 5000. It bounds what a slow leak can do.
	MaxRuns int
	// Require says what to do about protections that this machine does not grant; the zero value is BestEffort.
	Require Requirement
	// Logger gets what people who run the service should know, never a payload; nil means slog.Default().
	Logger *slog.Logger
	// Command is the child's program and arguments; nil means this binary with ChildArgument.
	Command []string
}

// Pool keeps a fixed number of sandboxes ready. Its methods may be called by many goroutines.
type Pool struct {
	command       []string
	size          int
	maxRuns       int
	limits        Limits
	log           *slog.Logger
	watch         *watch
	require       Requirement
	shared        bool          // the system has refused children namespaces of their own; Run's goroutine alone reads it
	checkPatience time.Duration // checkPatience, but in tests
	idlePeriod    time.Duration // idlePeriod, but in tests
	wants         chan struct{} // tells Run that a child may be missing

	mu       sync.Mutex
	state    state
	children map[*process]struct{} // ready ones, idle or busy
	greeting map[*process]struct{} // started, and not yet ready
	idle     []*process            // the last used is the last
	line     line                  // who waits
	spawnErr error                 // why the last start failed; nil after one that worked
	failures int                   // starts that failed in a row
	measures []Measure
	unsafe   error  // names the required protections that are missing; nil while there are none
	stop     func() // ends Run
	counts   counts

	reapers sync.WaitGroup // one for each child that was started
}

// state is where a pool stands: it goes from one to the next and never back.
type state int

const (
	unstarted state = iota
	running
	closed
)

// New returns a pool that has no children until Run is called. The error names what is wrong with cfg.
func New(cfg Config) (*Pool, error) {
	if cfg.Sandboxes == 0 {
		cfg.Sandboxes = runtime.NumCPU()
	}
	if cfg.Sandboxes < 1 || cfg.Sandboxes > maxSandboxes {
		return nil, fmt.Errorf("sandbox: Sandboxes is %d; it must be from 1 to %d", cfg.Sandboxes, maxSandboxes)
	}
	if cfg.MaxRuns == 0 {
		cfg.MaxRuns = defaultMaxRuns
	}
	if cfg.MaxRuns < 1 {
		return nil, fmt.Errorf("sandbox: MaxRuns is %d; it must be at least 1", cfg.MaxRuns)
	}
	if cfg.Require != BestEffort && cfg.Require != Strict {
		return nil, fmt.Errorf("sandbox: Require is %d; it must be BestEffort or Strict", cfg.Require)
	}
	limits := cfg.Limits.orDefault()
	if err := limits.validate(); err != nil {
		return nil, err
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if cfg.Command == nil {
		self, err := ownBinary()
		if err != nil {
			return nil, fmt.Errorf("sandbox: find the program's own file: %w", err)
		}
		cfg.Command = []string{self, ChildArgument}
	}
	if len(cfg.Command) == 0 {
		return nil, errors.New("sandbox: Command is empty")
	}
	return &Pool{
		command:       cfg.Command,
		size:          cfg.Sandboxes,
		maxRuns:       cfg.MaxRuns,
		limits:        limits,
		log:           cfg.Logger,
		watch:         newWatch(),
		require:       cfg.Require,
		shared:        !namespaces,
		checkPatience: checkPatience,
		idlePeriod:    idlePeriod,
		wants:         make(chan struct{}, 1),
		children:      make(map[*process]struct{}),
		greeting:      make(map[*process]struct{}),
		measures:      expectedMeasures(),
		counts:        newCounts(),
	}, nil
}

// orDefault returns l with its zero fields filled from DefaultLimits.
func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	if l.Time == 0 {
		l.Time = d.Time
	}
	if l.MemoryBytes == 0 {
		l.MemoryBytes = d.MemoryBytes
	}
	if l.OutputBytes == 0 {
		l.OutputBytes = d.OutputBytes
	}
	if l.LogBytes == 0 {
		l.LogBytes = d.LogBytes
	}
	if l.ErrorBytes == 0 {
		l.ErrorBytes = d.ErrorBytes
	}
	if l.CallDepth == 0 {
		l.CallDepth = d.CallDepth
	}
	return l
}

// Limits returns the pool's limits, above which no run may go.
func (p *Pool) Limits() Limits { return p.limits }

// ownBinary names the running program's file. On Linux it is the link that stays right when the file on disk is
// replaced by a newer version, which must never become the child of an older parent.
func ownBinary() (string, error) {
	const link = "/proc/self/exe"
	if _, err := os.Stat(link); err == nil {
		return link, nil
	}
	return os.Executable()
}
