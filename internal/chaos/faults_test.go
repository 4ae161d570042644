//go:build unix

package chaos

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"
)

// faults makes things go wrong, one after the other, and sees to it that what an operator would start again is started.
type faults struct {
	db    *database
	fleet *fleet
	load  *load
	rand  *rand.Rand
	kinds []*fault
}

// fault is one thing that can go wrong.
type fault struct {
	name  string
	make  func(ctx context.Context) error
	takes time.Duration // at least
	often int           // times in a round; 0 is once
	count int
}

func newFaults(t *testing.T, db *database, f *fleet, l *load) *faults {
	t.Helper()
	c := &faults{db: db, fleet: f, load: l, rand: rand.New(rand.NewPCG(*seed, 0))}
	frozen, silent := min(10*time.Second, *duration/6), min(8*time.Second, *duration/8)
	c.kinds = []*fault{
		{name: "kill -9 of PostgreSQL at an acknowledgement", make: c.crash, often: 3},
		{name: "kill -9 of PostgreSQL and one that does both", make: c.crashAndKill},
		{name: "kill -9 of a worker", make: c.killOne("worker")},
		{name: "kill -9 of an API process", make: c.killOne("api")},
		{name: "kill -9 of one that does both, and sandboxes", make: c.killAll, often: 2},
		{name: "kill -9 of sandboxes", make: c.killSandboxes},
		{name: "SIGTERM of a worker", make: c.terminateOne("worker")},
		{name: "SIGTERM of one that accepts", make: c.terminateOne("api", "all")},
		{name: "connections terminated", make: c.terminateConnections},
		{name: "PostgreSQL stopped fast", make: c.restart(time.Minute)},
		{name: "PostgreSQL stopped immediately", make: c.restart(0), often: 2},
		{name: "PostgreSQL, a worker and an API process", make: c.restartAndKill},
		{name: fmt.Sprintf("PostgreSQL frozen for %v", frozen), takes: frozen, make: func(ctx context.Context) error { return db.freeze(ctx, frozen) }},
		{name: fmt.Sprintf("one that works frozen for %v", silent), takes: silent, make: func(ctx context.Context) error {
			return c.freezeWorker(ctx, silent)
		}},
	}
	if db.volume {
		c.kinds = append(c.kinds, &fault{name: "disk full", takes: 3 * time.Second, make: c.fillDisk})
	}
	return c
}

// The least and the most that the service is left alone between two faults.
const (
	leastCalm = 300 * time.Millisecond
	mostCalm  = 2 * time.Second
)

// wholeRound is from when on every kind of fault is made at least once, even if that takes somewhat longer.
const wholeRound = time.Minute

// run makes faults for so long, all kinds in turn and each turn in another order. Afterwards all is as it should be.
func (c *faults) run(t *testing.T, duration time.Duration) {
	t.Helper()
	deadline := time.Now().Add(duration)
	for round := 0; time.Now().Before(deadline); round++ {
		for _, kind := range c.order() {
			calm := leastCalm + time.Duration(c.rand.Int64N(int64(mostCalm-leastCalm)))
			if time.Until(deadline) < calm+kind.takes && (round > 0 || duration < wholeRound) {
				continue
			}
			time.Sleep(calm) //nolint:forbidigo // chance, and not a wait for anything
			begun := time.Now()
			if err := kind.make(t.Context()); err != nil {
				t.Errorf("%s: %v", kind.name, err)
				return
			}
			kind.count++
			if testing.Verbose() {
				fmt.Fprintf(os.Stdout, "%7.1fs left: %s, which took %v\n",
					time.Until(deadline).Seconds(), kind.name, time.Since(begun).Round(time.Millisecond))
			}
		}
	}
	for _, m := range c.fleet.members {
		if err := m.awaitReady(); err != nil {
			t.Error(err)
		}
	}
}

// order returns the faults of a round in an order by chance: however short the time, first that which says most.
func (c *faults) order() []*fault {
	var round []*fault
	for _, kind := range c.kinds {
		round = append(round, slices.Repeat([]*fault{kind}, max(kind.often, 1))...)
	}
	c.rand.Shuffle(len(round)-1, func(i, j int) { round[i+1], round[j+1] = round[j+1], round[i+1] })
	return round
}

func (c *faults) print(w io.Writer) {
	fmt.Fprintf(w, "\n%-44s%8s\n", "fault", "count")
	for _, kind := range c.kinds {
		fmt.Fprintf(w, "%-44s%8d\n", kind.name, kind.count)
	}
}

func (c *faults) killOne(role string) func(context.Context) error {
	return func(context.Context) error {
		m := c.fleet.pick(c.rand, role)
		if err := m.kill(); err != nil {
			return err
		}
		return m.start()
	}
}

// killAll kills one that accepts and works, and its sandboxes with it: what it had at hand of both is gone.
func (c *faults) killAll(context.Context) error {
	m := c.fleet.pick(c.rand, "all")
	sandboxes := childrenOf(m.now().cmd.Process.Pid)
	if err := m.kill(); err != nil {
		return err
	}
	for _, pid := range sandboxes {
		_ = syscall.Kill(pid, syscall.SIGKILL) // most end with their parent
	}
	return m.start()
}

func (c *faults) terminateOne(roles ...string) func(context.Context) error {
	return func(context.Context) error {
		m := c.fleet.pick(c.rand, roles...)
		// One that is not up yet has no good order to stop in: it waits for it, as any start does.
		if err := m.awaitReady(); err != nil {
			return err
		}
		if err := m.terminate(); err != nil {
			return err
		}
		return m.start()
	}
}

// killSandboxes kills all sandboxes of one process, of any role.
func (c *faults) killSandboxes(context.Context) error {
	m := c.fleet.pick(c.rand, roles...)
	if err := m.awaitReady(); err != nil {
		return err
	}
	for _, pid := range childrenOf(m.now().cmd.Process.Pid) {
		_ = syscall.Kill(pid, syscall.SIGKILL) // one that has ended meanwhile needs no killing
	}
	return nil
}

// terminateConnections ends each connection with a chance of one half.
func (c *faults) terminateConnections(ctx context.Context) error {
	return c.db.try(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE application_name LIKE 'peneira%' AND backend_type = 'client backend' AND random() < 0.5`)
}

func (c *faults) restart(patience time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := c.db.stop(patience); err != nil {
			return err
		}
		time.Sleep(time.Duration(c.rand.Int64N(int64(2 * time.Second)))) //nolint:forbidigo // the fault is the time itself
		return c.db.start(ctx)
	}
}

// crash kills PostgreSQL just when a client was told that its execution is accepted, or has ended: what it was told must be on
// the disk by then.
func (c *faults) crash(ctx context.Context) error {
	if err := c.db.crash(ctx, c.load.awaitAnswer); err != nil {
		return err
	}
	return c.db.start(ctx)
}

// crashAndKill has one that accepts and works killed with the database, as when a machine loses its power.
func (c *faults) crashAndKill(ctx context.Context) error {
	m := c.fleet.pick(c.rand, "all")
	err := c.db.crash(ctx, func() {
		c.load.awaitAnswer()
		_ = m.now().cmd.Process.Kill()
	})
	if err != nil {
		return err
	}
	<-m.now().ended
	if err := c.db.start(ctx); err != nil {
		return err
	}
	return m.start()
}

// restartAndKill has a worker killed while the database is away, so that the new one comes up without.
func (c *faults) restartAndKill(ctx context.Context) error {
	if err := c.db.stop(0); err != nil {
		return err
	}
	for _, role := range []string{"worker", "api"} {
		if err := c.killOne(role)(ctx); err != nil {
			return err
		}
	}
	time.Sleep(time.Second) //nolint:forbidigo // the fault is the time itself
	return c.db.start(ctx)
}

// freezeWorker freezes one that works: others take over what it runs, and it finds that when it goes on.
func (c *faults) freezeWorker(_ context.Context, while time.Duration) error {
	worker := c.fleet.pick(c.rand, "worker", "all").now().cmd.Process
	if err := worker.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	time.Sleep(while) //nolint:forbidigo // the fault is the time itself
	return worker.Signal(syscall.SIGCONT)
}

// fillDisk leaves the database no room for a while. It may stop for that, and then has to be started again.
func (c *faults) fillDisk(ctx context.Context) error {
	empty, err := c.db.fill()
	if err != nil {
		return err
	}
	time.Sleep(3 * time.Second) //nolint:forbidigo // the fault is the time itself
	if err := empty(); err != nil {
		return err
	}
	if c.db.ended() {
		if err := c.db.stop(0); err != nil {
			return err
		}
		return c.db.start(ctx)
	}
	return nil
}
