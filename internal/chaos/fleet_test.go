//go:build unix

package chaos

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"peneira/internal/delivered"
)

// fleet is the processes of the service: some accept, some work, and some do both. One that is killed is started again, as an
// operator's supervisor does.
type fleet struct {
	members []*member
}

// member is one process of the fleet, through all its lives.
type member struct {
	program, role, databaseURL, dataDir string

	mu    sync.Mutex
	life  *life
	lives int
	last  []string // the last lines that it logged
}

// life is one process.
type life struct {
	cmd   *exec.Cmd
	url   string // set before ready is closed
	ready chan struct{}
	ended chan struct{} // closed after err is set
	err   error
}

// roles are those of the processes. Those that do both answer most requests, and take up what they and others accepted.
var roles = []string{"api", "all", "all", "worker", "worker"}

func startFleet(t *testing.T, db *database) *fleet {
	t.Helper()
	f := &fleet{}
	for _, role := range roles {
		m := &member{program: delivered.Program(t), role: role, databaseURL: db.url, dataDir: t.TempDir()}
		f.members = append(f.members, m)
		if err := m.start(); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		for _, m := range f.members {
			_ = m.now().cmd.Process.Kill()
			<-m.now().ended
		}
		if t.Failed() {
			for _, m := range f.members {
				t.Logf("the last that %s logged:\n%s", m.role, m.log())
			}
		}
	})
	for _, m := range f.members {
		if err := m.awaitReady(); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// start begins a life.
func (m *member) start() error {
	cmd := exec.Command(m.program, "serve", "--listen=127.0.0.1:0", "--role="+m.role, "--backup-schedule=off",
		"--data-dir="+m.dataDir, "--sandboxes=2", "--time-limit=30s")
	cmd.Env = append(os.Environ(), "DATABASE_URL="+m.databaseURL)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	l := &life{cmd: cmd, ready: make(chan struct{}), ended: make(chan struct{})}
	m.mu.Lock()
	m.life = l
	m.lives++
	m.mu.Unlock()
	go func() {
		defer close(l.ended)
		lines := bufio.NewScanner(stderr)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			m.note(lines.Text())
			var entry struct{ Msg, URL string }
			if l.url == "" && json.Unmarshal(lines.Bytes(), &entry) == nil && entry.Msg == "ready" {
				l.url = entry.URL
				close(l.ready)
			}
		}
		l.err = cmd.Wait()
	}()
	return nil
}

const loggedLines = 100

func (m *member) note(line string) {
	if strings.Contains(line, `"msg":"request"`) {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.last = append(m.last, line); len(m.last) > loggedLines {
		m.last = slices.Delete(m.last, 0, len(m.last)-loggedLines)
	}
}

func (m *member) log() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return strings.Join(m.last, "\n")
}

func (m *member) now() *life {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.life
}

// readyTime is how long a process may take to be ready, on a machine that has much else to do.
const readyTime = 90 * time.Second

func (m *member) awaitReady() error {
	l := m.now()
	select {
	case <-l.ready:
		return nil
	case <-l.ended:
		return fmt.Errorf("%s ended before it was ready: %w", m.role, l.err)
	case <-time.After(readyTime):
		return fmt.Errorf("%s was not ready after %v", m.role, readyTime)
	}
}

// kill is kill -9. It returns when the process is gone.
func (m *member) kill() error {
	l := m.now()
	if err := l.cmd.Process.Kill(); err != nil {
		return fmt.Errorf("%s had ended by itself: %w", m.role, l.err)
	}
	<-l.ended
	return nil
}

// stopTime is what a clean stop may take: the grace that running scripts have, and some more.
const stopTime = 45 * time.Second

// terminate is SIGTERM. It returns when the process is gone, and an error unless it ended well and in time.
func (m *member) terminate() error {
	l := m.now()
	if err := l.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("%s had ended by itself: %w", m.role, l.err)
	}
	select {
	case <-l.ended:
	case <-time.After(stopTime):
		return fmt.Errorf("%s did not stop within %v", m.role, stopTime)
	}
	if l.err != nil {
		return fmt.Errorf("SIGTERM ended %s with %w", m.role, l.err)
	}
	return nil
}

func (f *fleet) terminate(t *testing.T) {
	t.Helper()
	for _, m := range f.members {
		if err := m.terminate(); err != nil {
			t.Error(err)
		}
	}
}

// pick returns a member of one of some roles.
func (f *fleet) pick(r *rand.Rand, roles ...string) *member {
	for {
		if m := f.members[r.IntN(len(f.members))]; slices.Contains(roles, m.role) {
			return m
		}
	}
}

// url returns the address of a process that accepts, or "" when the one that chance picked is not ready.
func (f *fleet) url() string {
	m := f.members[rand.IntN(len(f.members))]
	for m.role == "worker" {
		m = f.members[rand.IntN(len(f.members))]
	}
	l := m.now()
	select {
	case <-l.ready:
		return l.url
	default:
		return ""
	}
}

// host hosts the script that all executions run.
func (f *fleet) host(t *testing.T) (id string) {
	t.Helper()
	draft, err := json.Marshal(map[string]string{"name": "chaos", "content": source})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), readyTime)
	defer cancel()
	a, err := send(ctx, http.MethodPost, f.members[0].now().url+"/api/scripts", draft)
	if err != nil || a.status != http.StatusCreated {
		t.Fatalf("the script is not hosted: %+v (%v)", a, err)
	}
	return a.ID
}
