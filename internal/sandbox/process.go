package sandbox

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"time"

	"peneira/internal/sandbox/wire"
)

// process is one sandbox: a child process, its socket, and what the parent remembers of it. One run uses it at a time;
// kill may be called from any goroutine.
type process struct {
	cmd      *exec.Cmd
	channel  io.ReadWriteCloser
	reader   *bufio.Reader
	scratch  []byte // for headers, and for what is sent when it is small
	tail     *tail  // the end of what it wrote to stderr
	gauge    *gauge
	baseline int64 // resident bytes when it became ready
	kept     int64 // resident bytes after the last run
	keeps    bool  // a run has taken much memory, which has not been given back
	sent     *memory
	runs     int
	separate bool          // has namespaces of its own
	busy     bool          // in use by a run; guarded by the pool's lock
	dead     chan struct{} // closed when the process is gone and has been waited for

	mu    sync.Mutex
	run   uint32 // the run that is under way; 0 between runs
	last  uint32 // the number of the last run
	ended reason // why the parent killed it, if it did
}

// reason is why a sandbox came to its end.
type reason int

// The reasons. Those from endedByTime to endedByOutsider are counted: see KillReasons.
const (
	notEnded        reason = iota
	endedBadly             // it did not become ready, or did not settle after a run
	endedByCaller          // the run's context ended
	endedWithPool          // the pool is closing
	endedByAge             // it served its runs, or its memory grew
	endedByTime            // time limit
	endedByMemory          // memory limit
	endedByProtocol        // what it sent was out of protocol
	endedByCrash           // the engine died
	endedByOutsider        // something outside killed it
)

// String returns the reason as metrics name it.
func (r reason) String() string {
	switch r {
	case endedByTime:
		return "time-limit"
	case endedByMemory:
		return "memory-limit"
	case endedByProtocol:
		return "protocol"
	case endedByCrash:
		return "crashed"
	case endedByOutsider:
		return "killed-from-outside"
	case endedByCaller:
		return "cancelled"
	case endedWithPool:
		return "closed"
	case endedByAge:
		return "age"
	case endedBadly:
		return "not-ready"
	case notEnded:
		return "none"
	default:
		return "unknown"
	}
}

// readerBytes is the buffer for what a child sends; larger bodies bypass it.
const readerBytes = 16 << 10

// startProcess starts a child, in namespaces of its own if separate. It must be called from a goroutine that keeps its
// thread for as long as the child lives.
func startProcess(command []string, separate bool) (*process, error) {
	//nolint:gosec // the command is the service's own, never a request's
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = []string{}
	cmd.SysProcAttr = attributes(separate)
	// Stderr is copied by a goroutine of cmd's, which must not outlive the child by much.
	cmd.WaitDelay = time.Second
	end := &tail{}
	cmd.Stderr = end

	channel, attached, err := attachChannel(cmd)
	if err != nil {
		return nil, fmt.Errorf("make the sandbox's channel: %w", err)
	}
	err = cmd.Start()
	closeErr := attached()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start the sandbox: %w", err), channel.Close())
	}
	s := &process{
		cmd:      cmd,
		channel:  channel,
		reader:   bufio.NewReaderSize(channel, readerBytes),
		scratch:  make([]byte, 0, 4<<10),
		tail:     end,
		separate: separate,
		sent:     newMemory(),
		dead:     make(chan struct{}),
	}
	go func() {
		defer close(s.dead)
		// How it ended is read from cmd.ProcessState, and why from stderr; the error adds nothing to them.
		_ = cmd.Wait()
	}()
	if closeErr != nil {
		s.kill(0, endedBadly)
		<-s.dead
		s.close()
		return nil, fmt.Errorf("close the child's end of the channel: %w", closeErr)
	}
	return s, nil
}

// greet waits until the child is ready, for no longer than timeout.
func (s *process) greet(timeout time.Duration, memoryBytes int64) (wire.Report, error) {
	timer := time.AfterFunc(timeout, func() { s.kill(0, endedBadly) })
	defer timer.Stop()

	hello := wire.AppendFrame(nil, wire.Hello, 0, 0, wire.Greeting{MemoryBytes: memoryBytes}.Append(nil))
	if _, err := s.channel.Write(hello); err != nil {
		return wire.Report{}, s.unready(err)
	}
	header, err := wire.ReadHeader(s.reader, s.scratch[:wire.HeaderBytes])
	if err != nil {
		return wire.Report{}, s.unready(err)
	}
	if header.Kind != wire.Ready || header.Run != 0 {
		return wire.Report{}, s.unready(wire.ErrProtocol)
	}
	body, err := wire.ReadBody(s.reader, header.Length, wire.ReportBytes)
	if err != nil {
		return wire.Report{}, s.unready(err)
	}
	report, err := wire.ParseReport(body)
	if err != nil {
		return wire.Report{}, s.unready(err)
	}
	s.gauge = openGauge(s.cmd.Process.Pid)
	s.baseline = s.gauge.resident()
	return report, nil
}

// unready describes why a child did not become ready.
func (s *process) unready(err error) error {
	s.kill(0, endedBadly)
	<-s.dead
	return fmt.Errorf("the sandbox did not become ready: %w (%s) %s", err, s.cmd.ProcessState, s.tail.text())
}

// epitaph describes how a child that did nothing came to die.
func (s *process) epitaph() error {
	return fmt.Errorf("an idle sandbox died (%s) %s", s.cmd.ProcessState, s.tail.text())
}

// begin marks the start of a run and returns its number.
func (s *process) begin() uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	if s.last == 0 { // zero stands for no run
		s.last = 1
	}
	s.run = s.last
	s.runs++
	return s.run
}

// finish marks the end of a run, after which no late timer of that run can kill the child any more.
func (s *process) finish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.run = 0
}

// reason returns why the parent killed the child, if it did.
func (s *process) reason() reason {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}

// kill ends the child, if the given run (0: none) is the one under way. The first reason stays.
func (s *process) kill(run uint32, why reason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run == run {
		s.end(why)
	}
}

// killNow ends the child whatever it does.
func (s *process) killNow(why reason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end(why)
}

func (s *process) end(why reason) {
	if s.ended == notEnded {
		s.ended = why
	}
	// The only error is that the process is gone already.
	_ = s.cmd.Process.Kill()
	// A large process takes a while to die. Whoever reads from it need not wait for that.
	if d, ok := s.channel.(interface{ SetDeadline(t time.Time) error }); ok {
		_ = d.SetDeadline(time.Unix(1, 0))
	}
}

// gone reports whether the child has died or is about to.
func (s *process) gone() bool {
	if s.reason() != notEnded {
		return true
	}
	select {
	case <-s.dead:
		return true
	default:
		return false
	}
}

// grown reports whether the child holds much more memory than when it was new: too much for a run with a memory limit.
func (s *process) grown(memoryBytes int64) bool {
	return s.kept > s.baseline+max(leastGrowth, memoryBytes/4*3)
}

// leastGrowth is what a child may always keep: the garbage that its collector leaves between two rounds. No run is charged
// for it, so it is also how far a run may pass its limit that makes use of it.
const leastGrowth = 24 << 20

// floor is the memory that the next run is not charged for: what the child holds before it.
func (s *process) floor() int64 {
	return min(max(s.baseline, s.kept), s.baseline+leastGrowth)
}

// close gives back what the parent holds for the child. It must be dead.
func (s *process) close() {
	// Nothing can be done about a descriptor that does not close.
	_ = s.channel.Close()
	s.gauge.close()
}
