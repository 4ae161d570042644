package sandbox

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"peneira/internal/failure"
	"peneira/internal/sandbox/wire"
)

// Requirement says what a pool does about protections that the machine does not grant.
type Requirement int

// The requirements.
const (
	BestEffort Requirement = iota // log them, show them in Lockdown, and go on
	Strict                        // refuse to run any script
)

// Measure is one protection around the scripts, and whether this machine grants it.
type Measure struct {
	Name   string // stable, for example "parent-death"
	Active bool
	Detail string // what it does, in one sentence; for one that is missing, what that means
}

// measure is what is known of a protection before a child has reported.
type measure struct {
	name    string
	bit     wire.Measure // what the child must report; 0 when the parent knows by itself
	present bool         // whether the parent provides it on this system
	does    string
	missing string
	extra   bool // named only where it is active: another one that is asked for does its work
}

// ownMeasures lists every protection, the strongest first.
func ownMeasures() []measure {
	return []measure{
		{
			name: "process", present: true,
			does: "Each script runs in a process of its own.",
		},
		{
			name: "environment", present: true,
			does: "The process has an empty environment and no open files but its socket.",
		},
		{
			name: "landlock", bit: wire.Landlock,
			does:    "Landlock refuses it every file, and with a recent kernel the network.",
			missing: "Landlock is missing: use Linux 5.13 or later with Landlock enabled, and a build with CGO_ENABLED=0.",
		},
		{
			name: "seccomp", bit: wire.Seccomp,
			does:    "A filter refuses it all system calls but those that the engine needs to run on.",
			missing: "System calls are not filtered: use Linux with seccomp, on amd64 or arm64.",
		},
		{
			name: "namespaces", bit: wire.Namespaces,
			does: "It has a network without interfaces, and sees no other process.",
			missing: "It shares the server's network and processes: start the server as root with CAP_SYS_ADMIN, " +
				"or allow unprivileged user namespaces.",
		},
		{
			name: "empty-root", bit: wire.EmptyRoot, extra: true,
			does: "Its root directory holds no files.",
		},
		{
			name: "memory-watch", present: watchesMemory,
			does:    "Its resident memory is watched, and it is killed above the limit.",
			missing: "This system does not let us watch a sandbox's memory: a script may use more than its memory limit.",
		},
		{
			name: "data-limit", bit: wire.DataLimit,
			does:    "RLIMIT_DATA stands behind the memory watch.",
			missing: "RLIMIT_DATA is not set: a script that allocates very fast may pass its memory limit for a moment.",
		},
		{
			name: "parent-death", bit: wire.ParentDeath,
			does:    "The system kills it when the server dies.",
			missing: "The system does not kill a sandbox with its server: one may go on until its script's time limit.",
		},
		{
			name: "unprivileged", bit: wire.Unprivileged,
			does:    "It does not run as root.",
			missing: "It runs as root: start the server as an ordinary user, or allow it to change its user id.",
		},
		{
			name: "no-new-privileges", bit: wire.NoNewPrivs,
			does:    "It cannot gain privileges by starting another program.",
			missing: "It could gain privileges by starting another program, if the engine let a script do so.",
		},
		{
			name: "process-limits", bit: wire.ProcessLimits,
			does:    "It can write no files and leave no core dumps.",
			missing: "It could write files or leave core dumps, if the engine let a script do so.",
		},
	}
}

// measuresFor returns the protections of a child that reported the active ones.
func measuresFor(active wire.Measure) []Measure {
	var all []Measure
	for _, m := range ownMeasures() {
		on := m.present || (m.bit != 0 && active&m.bit != 0)
		if !on && m.extra {
			continue
		}
		detail := m.does
		if !on {
			detail = m.missing
		}
		all = append(all, Measure{Name: m.name, Active: on, Detail: detail})
	}
	return all
}

// expectedMeasures returns the protections before any child has reported: those that need a child's word are inactive.
func expectedMeasures() []Measure { return measuresFor(0) }

// Lockdown returns the protections around the scripts and whether this machine grants them, as the newest child reported
// them. Before the first child is ready, those that it must report are inactive.
func (p *Pool) Lockdown() []Measure {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.measures)
}

// warnOfMissing logs every protection that this machine does not grant.
func warnOfMissing(log *slog.Logger, measures []Measure) {
	for _, m := range measures {
		if !m.Active {
			log.Warn("a sandbox protection is missing", "protection", m.Name, "detail", m.Detail)
		}
	}
}

// missing returns a failure that names the protections that are not active; nil when all are.
func missing(measures []Measure) error {
	var names, details []string
	for _, m := range measures {
		if !m.Active {
			names = append(names, m.Name)
			details = append(details, m.Detail)
		}
	}
	if names == nil {
		return nil
	}
	list := strings.Join(names, ", ")
	return failure.New(failure.Unavailable, "sandbox-unprotected",
		"Scripts are not run: this machine does not grant the sandbox %s.", list).
		Because(fmt.Errorf("sandbox protections are required and missing: %s. %s To run scripts without them, "+
			"require best effort instead of strict (PENEIRA_SANDBOX_REQUIRE=best-effort)", list, strings.Join(details, " ")))
}
