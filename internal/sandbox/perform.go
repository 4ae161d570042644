package sandbox

import (
	"context"
	"errors"
	"strings"
	"time"

	"peneira/internal/execution"
	"peneira/internal/sandbox/wire"
)

// The times that the parent grants beyond a run's time limit.
const (
	// grace is how long a child may take to stop itself at the deadline and say where the script was. Natives do not
	// notice the child's interrupt; then it is killed.
	grace = 50 * time.Millisecond
	// bodyTime, and a second for each bodyRate bytes, is what a child has to send its answer after its header.
	bodyTime = time.Second
	bodyRate = 16 << 20
	// settleTime is what a child has to collect what a large run has left, and to give memory back.
	settleTime = 5 * time.Second
	// closeTime is how long a child may live that has closed its socket.
	closeTime = 200 * time.Millisecond
)

// joinBytes is up to what size an input is copied behind the header, to go out in one write.
const joinBytes = 64 << 10

// answer is how a run ended.
type answer struct {
	output     []byte
	failure    *wire.Failure
	entryPoint string
	logs       []execution.LogEntry
	runTime    time.Duration
	trims      bool   // the child will send Idle before it can be used again
	ended      reason // why the child died instead of answering; notEnded if it did answer
	detail     string // more on a crash
	robbed     bool   // this process stood still during the run, which therefore got less than its time
}

// overdue reports whether the run came to its time limit.
func (a *answer) overdue() bool {
	return a.ended == endedByTime || a.failure != nil && a.failure.Fault == wire.TimeFault
}

// conversation is one run on the parent's side.
type conversation struct {
	s      *process
	t      *task
	run    uint32
	timer  *time.Timer
	begun  time.Time
	logged int64
	needed bool // the child has asked for the source, or has got it
	answer answer
}

// perform runs t in the child. It always returns an answer, and leaves the child dead unless the answer is in order.
func (s *process) perform(ctx context.Context, t *task, w *watch) *answer {
	run := s.begin()
	limit := t.limits.Time + grace
	c := &conversation{s: s, t: t, run: run, begun: time.Now()}
	c.timer = time.AfterFunc(limit, func() { s.kill(run, endedByTime) })
	defer c.timer.Stop()
	stop := context.AfterFunc(ctx, func() { s.kill(run, endedByCaller) })
	defer stop()
	w.add(s, run, t.limits)
	defer w.remove(s)

	err := c.send()
	if err == nil {
		// Sending a large input takes its time, which is not the script's.
		c.timer.Reset(limit)
		c.begun = time.Now()
		err = c.receive()
	}
	elapsed := time.Since(c.begun)
	c.answer.robbed = w.away(c.begun)
	c.answer.runTime = min(max(c.answer.runTime, 0), elapsed)
	if err != nil {
		c.answer.runTime = elapsed
		c.timer.Stop()
		c.answer.ended, c.answer.detail = s.inquest(run, err)
		c.answer.trims = false
	}
	// From here on no timer or context of this run can touch the child. One that has done so just now makes it unusable,
	// but the answer stands.
	s.finish()
	return &c.answer
}

// send sends the run.
func (c *conversation) send() error {
	t := c.t
	fixed := wire.Task{
		Key:         t.program.Key,
		Check:       t.check,
		HasSource:   !c.s.sent.has(t.program.Key),
		Time:        t.limits.Time,
		MemoryBytes: t.limits.MemoryBytes,
		OutputBytes: t.limits.OutputBytes,
		LogBytes:    t.limits.LogBytes,
		ErrorBytes:  t.limits.ErrorBytes,
		CallDepth:   uint32(t.limits.CallDepth), //nolint:gosec // validated to be small
		InputBytes:  uint32(len(t.input)),       //nolint:gosec // at most MaxBodyBytes
	}
	if fixed.HasSource {
		fixed.SourceBytes = uint32(len(t.program.Source)) //nolint:gosec // at most MaxBodyBytes
		c.needed = true
	}
	b := wire.Header{Kind: wire.Run, Run: c.run, Length: wire.TaskBytes}.Append(c.s.scratch[:0])
	b = fixed.Append(b)
	if fixed.HasSource {
		b = append(b, t.program.Source...)
	}
	joined := len(b)+len(t.input) <= joinBytes
	if joined {
		b = append(b, t.input...)
		c.s.scratch = b[:0]
	}
	if _, err := c.s.channel.Write(b); err != nil {
		return err
	}
	if !joined {
		if _, err := c.s.channel.Write(t.input); err != nil {
			return err
		}
	}
	c.s.sent.add(t.program.Key)
	return nil
}

// receive reads what the child sends until the frame that ends the run. The error wraps wire.ErrProtocol when a frame is
// not what may come at that moment.
func (c *conversation) receive() error {
	var header [wire.HeaderBytes]byte
	for {
		h, err := wire.ReadHeader(c.s.reader, header[:])
		if err != nil {
			return err
		}
		if h.Run != c.run {
			return wire.ErrProtocol
		}
		switch h.Kind {
		case wire.Log:
			err = c.readLog(h)
		case wire.Need:
			err = c.sendSource(h)
		case wire.Result, wire.Error, wire.Checked:
			return c.readAnswer(h)
		default:
			return wire.ErrProtocol
		}
		if err != nil {
			return err
		}
	}
}

// readLog reads a log entry. The child holds itself to the limit; one that does not is out of protocol.
func (c *conversation) readLog(h wire.Header) error {
	// Beyond the limit there is room for the one entry that says so.
	room := c.t.limits.LogBytes + 2*wire.EntryBytes + noteBytes - c.logged
	body, err := wire.ReadBody(c.s.reader, h.Length, room-wire.EntryBytes)
	if err != nil {
		return err
	}
	if len(body) == 0 || int(body[0]) >= len(wire.Levels) {
		return wire.ErrProtocol
	}
	c.logged += int64(len(body)-1) + wire.EntryBytes
	c.answer.logs = append(c.answer.logs, execution.LogEntry{Level: wire.Levels[body[0]], Message: plain(string(body[1:]))})
	return nil
}

// noteBytes is room for the message of the entry that says that the logs were cut.
const noteBytes = 128

// sendSource answers a child that has forgotten the program. It may ask once, and only if it did not get the source.
func (c *conversation) sendSource(h wire.Header) error {
	if c.needed || h.Length != 0 {
		return wire.ErrProtocol
	}
	c.needed = true
	frame := wire.AppendFrame(nil, wire.Source, 0, c.run, []byte(c.t.program.Source))
	_, err := c.s.channel.Write(frame)
	return err
}

// readAnswer reads the frame that ends the run.
func (c *conversation) readAnswer(h wire.Header) error {
	c.timer.Reset(bodyTime + time.Duration(h.Length)*time.Second/bodyRate)
	if h.Flags&^wire.FlagTrim != 0 || (h.Kind == wire.Checked) != c.t.check && h.Kind != wire.Error {
		return wire.ErrProtocol
	}
	c.answer.trims = h.Flags&wire.FlagTrim != 0
	switch h.Kind {
	case wire.Result:
		body, err := wire.ReadBody(c.s.reader, h.Length, c.t.limits.OutputBytes+wire.RunTimeBytes)
		if err != nil {
			return err
		}
		if len(body) <= wire.RunTimeBytes {
			return wire.ErrProtocol
		}
		c.answer.runTime = wire.ParseRunTime(body)
		return c.takeResult(body[wire.RunTimeBytes:])
	case wire.Error:
		body, err := wire.ReadBody(c.s.reader, h.Length, wire.MaxFailureBytes(c.t.limits.ErrorBytes))
		if err != nil {
			return err
		}
		f, err := wire.ParseFailure(body)
		if err != nil {
			return err
		}
		c.answer.failure, c.answer.runTime = &f, f.RunTime
		return nil
	default:
		body, err := wire.ReadBody(c.s.reader, h.Length, maxNameBytes)
		c.answer.entryPoint = plain(string(body))
		return err
	}
}

// maxNameBytes bounds the name of an entry point.
const maxNameBytes = 64

// settle waits until the child says that it is idle again; a child that does not is killed.
func (s *process) settle(timeout time.Duration) {
	timer := time.AfterFunc(timeout, func() { s.kill(0, endedBadly) })
	h, err := wire.ReadHeader(s.reader, s.scratch[:wire.HeaderBytes])
	if !timer.Stop() || err != nil || h.Kind != wire.Idle || h.Length != 0 || h.Run != s.last {
		s.killNow(endedBadly)
	}
}

// relieve has a child that is between two runs give back the memory that it keeps. A child that does not is killed.
func (s *process) relieve() {
	s.keeps = false
	if _, err := s.channel.Write(wire.AppendFrame(nil, wire.Trim, 0, s.last, nil)); err != nil {
		s.killNow(endedBadly)
		return
	}
	s.settle(settleTime)
	s.kept = s.gauge.resident()
}

// inquest finds out why a run ended with err instead of an answer, and sees to it that the child is dead or dying. The
// run's timer must have been stopped: what it would do now would hide the reason.
func (s *process) inquest(run uint32, err error) (reason, string) {
	if ended := s.reason(); ended != notEnded {
		return ended, ""
	}
	if errors.Is(err, wire.ErrProtocol) {
		s.kill(run, endedByProtocol)
		return endedByProtocol, ""
	}
	// Its socket is closed, so it is dying, or pretends to.
	timer := time.AfterFunc(closeTime, func() { s.kill(run, endedByProtocol) })
	defer timer.Stop()
	<-s.dead
	if ended := s.reason(); ended != notEnded {
		return ended, ""
	}
	text := s.tail.text()
	switch {
	case containsAny(text, "out of memory", "cannot allocate memory", "cannot map pages", "errno=12"):
		return endedByMemory, ""
	case containsAny(text, "runtime.(*spanQueue)", "runtime.(*spanSPMC)") && strings.Contains(text, "addr=0x0"):
		// The collector does not ask whether it got the memory for its own queues.
		return endedByMemory, ""
	case s.cmd.ProcessState.ExitCode() == wire.ExitMemory:
		return endedByMemory, ""
	case containsAny(text, "stack exceeds", "stack overflow"):
		return endedByCrash, "the script exhausted the engine's stack"
	case s.cmd.ProcessState.ExitCode() == wire.ExitOverdue:
		return endedByTime, ""
	case forbidden(s.cmd.ProcessState):
		return endedByCrash, "the script had the engine make a system call that is forbidden"
	case signalled(s.cmd.ProcessState):
		return endedByOutsider, ""
	default:
		return endedByCrash, ""
	}
}

func containsAny(text string, parts ...string) bool {
	for _, part := range parts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}
