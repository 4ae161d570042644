//go:build unix

package sandbox_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"peneira/internal/execution"
	"peneira/internal/failure"
	"peneira/internal/sandbox"
)

func TestChildIsReusedWithAFreshRealm(t *testing.T) {
	t.Parallel()
	pool := start(t, sandbox.Config{})
	const clean = "function process(d) { return [typeof leak, {}.leak === undefined, [].map === 0, JSON.stringify(1)]; }"
	const want = `["undefined",true,false,"1"]`
	if got := output(t, pool, clean, "1"); got != want {
		t.Fatalf("got %s", got)
	}
	before := pool.PIDs()
	dirty := "leak = 1; Object.prototype.leak = 1; Array.prototype.map = 0; JSON.stringify = null; " +
		"Promise.prototype.then = null; console.log = null; function process() { return 1 }"
	if got := output(t, pool, dirty, "1"); got != "1" {
		t.Fatalf("got %s", got)
	}
	if got := output(t, pool, clean, "1"); got != want {
		t.Errorf("got %s", got)
	}
	if after := pool.PIDs(); len(after) != 1 || after[0] != before[0] {
		t.Errorf("children: %v, then %v", before, after)
	}
	if runs := pool.Stats().Runs; runs != 3 {
		t.Errorf("%d runs", runs)
	}
}

func TestChildIsReplacedAfterMaxRuns(t *testing.T) {
	t.Parallel()
	pool := start(t, sandbox.Config{MaxRuns: 2})
	for range 5 {
		if got := output(t, pool, "function process(d) { return d }", "1"); got != "1" {
			t.Fatalf("got %s", got)
		}
	}
	if spawns := pool.Stats().Spawns; spawns != 3 {
		t.Errorf("%d children", spawns)
	}
}

func TestChildForgetsProgramsAndAsksAgain(t *testing.T) {
	t.Parallel()
	pool := start(t, sandbox.Config{})
	source := func(i int) string { return fmt.Sprintf("function process() { return %d }", i) }
	// More programs than a child keeps, and fewer than the parent remembers having sent.
	const programs = 150
	for round := range 2 {
		for i := range programs {
			if got := output(t, pool, source(i), "1"); got != strconv.Itoa(i) {
				t.Fatalf("round %d: script %d gave %s", round, i, got)
			}
		}
	}
	r := request(source(1), "1")
	r.Program.Source = source(1000 + programs)
	r.Program.Key[0]++
	if _, err := pool.Execute(t.Context(), r); err == nil {
		t.Error("a program ran under another's key")
	}
}

func TestExecuteHonoursItsContext(t *testing.T) {
	t.Parallel()
	pool := start(t, sandbox.Config{})
	reason := errors.New("the client went away")
	ctx, cancel := context.WithCancelCause(t.Context())
	r := request("function process() { for (;;); }", "1")
	r.OnStart = func(context.Context) error { cancel(reason); return nil }
	if _, err := pool.Execute(ctx, r); !errors.Is(err, reason) {
		t.Errorf("got %v", err)
	}
	if got := output(t, pool, "function process() { return 2 }", "1"); got != "2" {
		t.Errorf("the next run read %s", got)
	}
}

func TestExecuteStopsWaitingWithItsContext(t *testing.T) {
	t.Parallel()
	pool := start(t, sandbox.Config{})
	holding, release := hold(t, pool)
	<-holding
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() {
		_, err := pool.Execute(ctx, request("function process() {}", "1"))
		result <- err
	}()
	await(t, "one waits", func() bool { return pool.Stats().Waiting == 1 })
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if n := pool.Stats().Waiting; n != 0 {
		t.Errorf("%d still wait", n)
	}
	release()
}

func TestReserve(t *testing.T) {
	t.Parallel()
	pool := start(t, sandbox.Config{})
	r := request("function process() { return 1 }", "1")
	holding, release := hold(t, pool)
	<-holding
	if _, ok := pool.Reserve(r.Program); ok {
		t.Error("a sandbox that is busy was reserved")
	}
	release()
	for _, use := range []bool{true, false} {
		seat, ok := pool.Reserve(r.Program)
		if !ok {
			t.Fatal("the sandbox that is idle was not reserved")
		}
		if _, ok := pool.Reserve(r.Program); ok {
			t.Error("a sandbox was reserved twice")
		}
		if !use {
			seat.Leave()
			seat.Leave()
			continue
		}
		r.Seat = seat
		if got, err := pool.Execute(t.Context(), r); err != nil || string(got.Output) != `1` {
			t.Errorf("%s, %v", got.Output, err)
		}
	}
	// A call that fails before it uses its seat leaves it.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r.Seat, _ = pool.Reserve(r.Program); r.Seat == nil {
		t.Fatal("a seat that was left stays taken")
	}
	if _, err := pool.Execute(ctx, r); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	r.Seat = nil
	if got, err := pool.Execute(t.Context(), r); err != nil || string(got.Output) != `1` {
		t.Errorf("%s, %v", got.Output, err)
	}
}

// A pool that closes takes the seats that are kept along.
func TestReserveInAPoolThatCloses(t *testing.T) {
	t.Parallel()
	pool := paused(t, sandbox.Config{})
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- pool.Run(ctx) }()
	r := request("function process() { return 1 }", "1")
	if _, err := pool.Execute(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	var ok bool
	if r.Seat, ok = pool.Reserve(r.Program); !ok {
		t.Fatal("no sandbox is idle")
	}
	stop()
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if _, err := pool.Execute(t.Context(), r); failure.KindOf(err) != failure.Unavailable {
		t.Error(err)
	}
	if _, ok := pool.Reserve(r.Program); ok {
		t.Error("a closed pool gave a seat")
	}
}

// hold keeps the pool's only child busy, from when the channel closes until release is called.
func hold(t *testing.T, pool *sandbox.Pool) (holding chan struct{}, release func()) {
	t.Helper()
	holding, free := make(chan struct{}), make(chan struct{})
	r := request("function process() {}", "1")
	r.OnStart = func(context.Context) error {
		close(holding)
		<-free
		return nil
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if _, err := pool.Execute(context.Background(), r); err != nil {
			t.Errorf("Execute: %v", err)
		}
	}()
	return holding, func() { close(free); <-done }
}

func TestExecuteServesInOrder(t *testing.T) {
	t.Parallel()
	pool := start(t, sandbox.Config{})
	holding, release := hold(t, pool)
	<-holding
	var mu sync.Mutex
	var order []int
	var wg sync.WaitGroup
	const runs = 8
	for i := range runs {
		r := request("function process() {}", "1")
		r.OnStart = func(context.Context) error {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, i)
			return nil
		}
		wg.Go(func() {
			if _, err := pool.Execute(context.Background(), r); err != nil {
				t.Errorf("Execute: %v", err)
			}
		})
		await(t, "it waits", func() bool { return pool.Stats().Waiting == i+1 })
	}
	release()
	wg.Wait()
	for i, got := range order {
		if got != i {
			t.Fatalf("the order was %v", order)
		}
	}
}

func TestOnStartCanRefuse(t *testing.T) {
	t.Parallel()
	pool := start(t, sandbox.Config{})
	refusal := errors.New("cancelled meanwhile")
	r := request("function process() {}", "1")
	r.OnStart = func(context.Context) error { return refusal }
	if _, err := pool.Execute(t.Context(), r); !errors.Is(err, refusal) {
		t.Errorf("got %v", err)
	}
	if s := pool.Stats(); s.Runs != 0 || s.Idle != 1 {
		t.Errorf("%+v", s)
	}
}

// TestKillFromOutsideIsNotTheScripts kills the child from outside in mid-run: the run is begun again, and only a second
// kill is an outcome.
func TestKillFromOutsideIsNotTheScripts(t *testing.T) {
	t.Parallel()
	for _, kills := range []int{1, 2} {
		t.Run(strconv.Itoa(kills), func(t *testing.T) {
			t.Parallel()
			pool := start(t, sandbox.Config{})
			r := request("function process() { const end = Date.now() + 300; while (Date.now() < end); return 1 }", "1")
			starts := 0
			r.OnStart = func(context.Context) error { starts++; return nil }
			go func() {
				for i := range kills {
					await(t, "it runs", func() bool { s := pool.Stats(); return s.Busy == 1 && s.Spawns == uint64(i+1) })
					_ = syscall.Kill(pool.PIDs()[0], syscall.SIGKILL)
				}
			}()
			o, err := pool.Execute(t.Context(), r)
			if err != nil || starts != 1 {
				t.Fatalf("%v, %d starts", err, starts)
			}
			if kills == 1 && string(o.Output) != "1" {
				t.Errorf("%+v", o.Err)
			}
			if kills == 2 && (o.Err == nil || o.Err.Kind != execution.Crashed) {
				t.Errorf("%+v", o)
			}
			if n := pool.Stats().Kills["killed-from-outside"]; n != uint64(kills) {
				t.Errorf("%d kills counted", n)
			}
		})
	}
}

func TestIdleChildThatDiesIsReplaced(t *testing.T) {
	t.Parallel()
	pool := start(t, sandbox.Config{})
	_ = output(t, pool, "function process() {}", "1")
	if err := syscall.Kill(pool.PIDs()[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if got := output(t, pool, "function process() { return 3 }", "1"); got != "3" {
		t.Errorf("got %s", got)
	}
	await(t, "replaced", func() bool { return pool.Stats().Spawns == 2 })
}

func TestRunLeavesNoChild(t *testing.T) {
	t.Parallel()
	pool, err := sandbox.New(sandbox.Config{Sandboxes: 3})
	if err != nil {
		t.Fatal(err)
	}
	if err := pool.Ready(); failure.KindOf(err) != failure.Unavailable {
		t.Errorf("Ready before Run: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- pool.Run(ctx) }()
	await(t, "three are idle", func() bool { return pool.Stats().Idle == 3 })
	pids := pool.PIDs()

	result := make(chan error, 1)
	r := request("function process() { for (;;); }", "1")
	r.OnStart = func(context.Context) error { cancel(); return nil }
	go func() {
		_, err := pool.Execute(context.Background(), r)
		result <- err
	}()
	if err := <-done; err != nil {
		t.Errorf("Run: %v", err)
	}
	if err := <-result; failure.KindOf(err) != failure.Unavailable {
		t.Errorf("the run under way: %v", err)
	}
	for _, pid := range pids {
		if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
			t.Errorf("child %d is left: %v", pid, err)
		}
	}
	if _, err := pool.Execute(t.Context(), r); failure.KindOf(err) != failure.Unavailable {
		t.Errorf("Execute after Run: %v", err)
	}
	if err := pool.Run(t.Context()); err == nil {
		t.Error("Run ran twice")
	}
}

// TestChildrenDieWithTheirParent kills a server in mid-run, as the system would.
func TestChildrenDieWithTheirParent(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(os.Args[0], "parent")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for field := range strings.FieldsSeq(line) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		await(t, "child "+field+" is gone", func() bool { return !lives(pid) })
	}
}

// lives reports whether a process is there and is not merely waiting to be buried.
func lives(pid int) bool {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return syscall.Kill(pid, 0) == nil
	}
	_, rest, _ := strings.Cut(string(status), ") ")
	return !strings.HasPrefix(rest, "Z")
}

// parent is a server that runs two endless scripts and prints the process ids of its children.
func parent() {
	pool, err := sandbox.New(sandbox.Config{Sandboxes: 2, Command: []string{os.Args[0], sandbox.ChildArgument}})
	if err != nil {
		panic(err)
	}
	go func() { _ = pool.Run(context.Background()) }()
	var busy sync.WaitGroup
	busy.Add(2)
	for range 2 {
		r := request("function process() { for (;;); }", "1")
		r.OnStart = func(context.Context) error { busy.Done(); return nil }
		go func() { _, _ = pool.Execute(context.Background(), r) }()
	}
	busy.Wait()
	pids := pool.PIDs()
	fmt.Println(pids[0], pids[1])
	<-time.After(patience)
}

func TestNewValidates(t *testing.T) {
	t.Parallel()
	for _, cfg := range []sandbox.Config{
		{Sandboxes: -1},
		{Sandboxes: 5000},
		{MaxRuns: -1},
		{Require: 7},
		{Command: []string{}},
		{Limits: sandbox.Limits{Time: -1}},
		{Limits: sandbox.Limits{MemoryBytes: 1}},
		{Limits: sandbox.Limits{OutputBytes: 1 << 40}},
		{Limits: sandbox.Limits{CallDepth: 1e6}},
	} {
		if _, err := sandbox.New(cfg); err == nil {
			t.Errorf("%+v was accepted", cfg)
		}
	}
	if _, err := sandbox.New(sandbox.Config{}); err != nil {
		t.Error(err)
	}
}
