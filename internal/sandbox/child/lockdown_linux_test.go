package child

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"peneira/internal/sandbox"
	"peneira/internal/sandbox/wire"
)

func TestMain(m *testing.M) {
	becomeProbe()
	os.Exit(m.Run())
}

// files are the attempts on paths.
var files = []string{
	"read a file", "list a directory", "create a file", "write to a device", "read /proc/self", "read its own memory",
	"read /proc/parent", "make a directory", "remove a file",
}

// TestEveryAttemptIsRefused has a probe try everything behind all layers together.
func TestEveryAttemptIsRefused(t *testing.T) {
	t.Parallel()
	for name, result := range send(t, wire.AllMeasures, calls()) {
		if result == "done" {
			t.Errorf("a child could %s", name)
		}
	}
}

// TestEachLayerRefuses has probes try what a layer must refuse with that layer alone between them and the system, and
// without any layer to see that the attempt is a real one.
func TestEachLayerRefuses(t *testing.T) {
	t.Parallel()
	refusedBy := func(errno string, names ...string) map[string]string {
		want := make(map[string]string)
		for _, name := range names {
			want[name] = errno
		}
		return want
	}
	everything := refusedBy("EPERM", calls()...)
	everything["fork by clone3"] = "ENOSYS"
	delete(everything, "map a gigabyte")

	landlock := refusedBy("EACCES", append(slices.Clone(files), "execute", "execute by descriptor")...)
	if v := landlockVersion(); v >= 4 {
		landlock["connect"], landlock["bind"] = "EACCES", "EACCES"
	}
	root := os.Geteuid() == 0
	for _, c := range []struct {
		name  string
		layer wire.Measure
		want  map[string]string
		skip  bool
	}{
		{"seccomp", wire.Seccomp, everything, false},
		{"landlock", wire.Landlock, landlock, landlockVersion() == 0},
		{"empty root", wire.EmptyRoot, refusedBy("ENOENT", files...), !root},
		{"unprivileged", wire.Unprivileged, refusedBy("EPERM", "become root", "become root's group", "mount", "change its root",
			"unshare", "make a packet socket"), false},
		{"process limits", wire.ProcessLimits, refusedBy("EMFILE", "read a file", "list a directory", "double a descriptor",
			"make a pipe", "make a TCP socket", "make a file in memory"), false},
		{"data limit", wire.DataLimit, refusedBy("ENOMEM", "map a gigabyte"), false},
		{"no new privileges", wire.NoNewPrivs, refusedBy("EPERM", "gain privileges"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.skip {
				t.Skip("this system or user does not have it")
			}
			names := slices.Collect(maps.Keys(c.want))
			for name, got := range send(t, c.layer, names) {
				// In a user namespace there is no root to become.
				nobodyThere := got == "EINVAL" && strings.HasPrefix(name, "become root")
				if got != c.want[name] && !nobodyThere {
					t.Errorf("%s: %s; want %s", name, got, c.want[name])
				}
			}
		})
	}
	t.Run("none", func(t *testing.T) {
		t.Parallel()
		for name, got := range send(t, 0, []string{
			"read a file", "list a directory", "read /proc/self", "fork", "make a TCP socket", "bind", "write to stdout",
			"map memory for code", "map a gigabyte", "double a descriptor", "make a pipe", "gain privileges",
		}) {
			if got != "done" {
				t.Errorf("%s: %s, although nothing refuses it", name, got)
			}
		}
	})
}

// TestNamespacesSeparate has a probe behind no other layer reach for what is outside of its namespaces.
func TestNamespacesSeparate(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"signal the parent":             {"ESRCH"},
		"signal a thread of the parent": {"ESRCH"},
		"get a handle on the parent":    {"ESRCH"},
		"trace the parent":              {"ESRCH"},
		"connect":                       {"ENETUNREACH", "ECONNREFUSED"},
		"connect to an abstract socket": {"ECONNREFUSED"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := startProbe(t, 0)
			got := ask(t, pool, []string{name})[name]
			for _, m := range pool.Lockdown() {
				if m.Name == "namespaces" && !m.Active {
					t.Skip("this system or user does not have them")
				}
			}
			if !slices.Contains(want, got) {
				t.Errorf("%s; want %v", got, want)
			}
		})
	}
}

// calls returns every attempt but the one that asks the kernel instead of trying, which a filter does not let it.
func calls() []string {
	return slices.DeleteFunc(slices.Collect(maps.Keys(attempts)), func(name string) bool { return name == "gain privileges" })
}

func landlockVersion() uintptr {
	version, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0
	}
	return version
}

// send has a probe behind the given layers try the named attempts.
func send(t *testing.T, layers wire.Measure, names []string) map[string]string {
	t.Helper()
	return ask(t, startProbe(t, layers), names)
}

// startProbe starts a pool whose child is a probe.
func startProbe(t *testing.T, layers wire.Measure) *sandbox.Pool {
	t.Helper()
	pool, err := sandbox.New(sandbox.Config{
		Sandboxes: 1,
		Command:   []string{os.Args[0], probeArgument, strconv.FormatUint(uint64(layers), 10)},
		Logger:    slog.New(slog.DiscardHandler),
		Limits:    sandbox.Limits{Time: 20 * time.Second},
	})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- pool.Run(t.Context()) }()
	t.Cleanup(func() {
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return pool
}

// ask has a probe try the named attempts and returns how each ended.
func ask(t *testing.T, pool *sandbox.Pool, names []string) map[string]string {
	t.Helper()
	tcp, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tcp.Close() }()
	address, _ := tcp.Addr().(*net.TCPAddr)
	abstract := fmt.Sprintf("peneira-probe-%d-%d", os.Getpid(), address.Port)
	local, err := new(net.ListenConfig).Listen(t.Context(), "unix", "@"+abstract)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = local.Close() }()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	input, err := json.Marshal(orders{
		Attempts: names, Parent: os.Getpid(), Port: uint16(address.Port), File: file, Abstract: abstract,
	})
	if err != nil {
		t.Fatal(err)
	}
	o, err := pool.Execute(t.Context(), sandbox.Request{Program: sandbox.NewProgram("probe"), Input: input})
	if err != nil || o.Err != nil {
		t.Fatalf("%v, %v", err, o.Err)
	}
	var results map[string]string
	if err := json.Unmarshal(o.Output, &results); err != nil || len(results) != len(names) {
		t.Fatalf("%s: %v", o.Output, err)
	}
	return results
}
