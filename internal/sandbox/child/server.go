package child

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"peneira/internal/sandbox/wire"
)

// server is the child's end of the conversation.
type server struct {
	in       *bufio.Reader
	out      io.Writer
	programs *programs
	heap     *heap
	scratch  []byte
}

const (
	readerBytes = 64 << 10
	joinBytes   = 64 << 10 // up to this size an answer is copied behind its header, to go out in one write
)

func newServer(in io.Reader, out io.Writer) *server {
	return &server{
		in:       bufio.NewReaderSize(in, readerBytes),
		out:      out,
		programs: newPrograms(),
		scratch:  make([]byte, 0, 4<<10),
	}
}

// greet reads what the parent wants, locks the process down and says that it is ready.
func (s *server) greet() error {
	h, err := wire.ReadHeader(s.in, s.scratch[:wire.HeaderBytes])
	if err != nil {
		return fmt.Errorf("read the greeting: %w", err)
	}
	body, err := wire.ReadBody(s.in, h.Length, wire.GreetingBytes)
	if err != nil {
		return err
	}
	hello, err := wire.ParseGreeting(body)
	if err != nil || h.Kind != wire.Hello {
		return errors.Join(wire.ErrProtocol, err)
	}
	if err := checkLayout(); err != nil {
		return err
	}
	warmUp()
	preferHugePages(hello.MemoryBytes)
	s.heap = newHeap()
	report := wire.Report{Active: lockDown(hello.MemoryBytes)}
	_, err = s.out.Write(wire.AppendFrame(nil, wire.Ready, 0, 0, report.Append(nil)))
	return err
}

// serve carries out runs until the parent closes the channel.
func (s *server) serve() error {
	for {
		h, err := wire.ReadHeader(s.in, s.scratch[:wire.HeaderBytes])
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch h.Kind {
		case wire.Run:
			err = s.run(h)
		case wire.Trim:
			s.heap.trim()
			err = s.sendIdle(h.Run)
		default:
			err = fmt.Errorf("%w: frame %d where a run was due", wire.ErrProtocol, h.Kind)
		}
		if err != nil {
			return err
		}
	}
}

// run carries out one run. The error is of the channel, never of the script.
func (s *server) run(h wire.Header) error {
	body, err := wire.ReadBody(s.in, h.Length, wire.TaskBytes)
	if err != nil {
		return err
	}
	task, err := wire.ParseTask(body)
	if err != nil {
		return err
	}
	source, err := wire.ReadBody(s.in, task.SourceBytes, wire.MaxBodyBytes)
	if err != nil {
		return err
	}
	input := make([]byte, task.InputBytes) // the parent is trusted to send as much as it says
	if _, err := io.ReadFull(s.in, input); err != nil {
		return fmt.Errorf("read the input: %w", err)
	}
	// A program that is cached stands for its source whether that came or not.
	p := s.programs.get(task.Key)
	if p == nil && !task.HasSource {
		if source, err = s.askSource(h.Run); err != nil {
			return err
		}
	}
	s.heap.limit(task.MemoryBytes)
	defer s.heap.relax(len(input))()
	r := newRun(task, input, func(level uint8, message string) error { return s.sendLog(h.Run, level, message) })
	if p == nil {
		r.compile = func() *program {
			compiled := compile(task.Key, string(source))
			s.programs.put(compiled)
			return compiled
		}
	} else {
		r.compile = func() *program { return p }
	}
	return s.answer(h.Run, task.MemoryBytes, r.carryOut())
}

// sendIdle says that the child is ready for the next run.
func (s *server) sendIdle(run uint32) error {
	_, err := s.out.Write(wire.AppendFrame(nil, wire.Idle, 0, run, nil))
	return err
}

// askSource gets the source of a program that the parent thought was cached.
func (s *server) askSource(run uint32) ([]byte, error) {
	if _, err := s.out.Write(wire.AppendFrame(nil, wire.Need, 0, run, nil)); err != nil {
		return nil, err
	}
	h, err := wire.ReadHeader(s.in, s.scratch[:wire.HeaderBytes])
	if err != nil {
		return nil, err
	}
	if h.Kind != wire.Source || h.Run != run {
		return nil, fmt.Errorf("%w: frame %d where a source was due", wire.ErrProtocol, h.Kind)
	}
	return wire.ReadBody(s.in, h.Length, wire.MaxBodyBytes)
}

// sendLog sends a log entry at once, so that it survives whatever the script does next.
func (s *server) sendLog(run uint32, level uint8, message string) error {
	b := wire.Header{Kind: wire.Log, Run: run, Length: uint32(1 + len(message))}.Append(s.scratch[:0]) //nolint:gosec // bounded by the log limit
	b = append(b, level)
	b = append(b, message...)
	_, err := s.out.Write(b)
	return err
}

// answer sends the frame that ends a run, and collects what the run has left if it took much of the memory that it might.
func (s *server) answer(run uint32, memoryBytes int64, a answer) error {
	h := wire.Header{Run: run}
	var fixed []byte
	var parts [][]byte
	switch {
	case a.failure != nil:
		h.Kind, fixed = wire.Error, a.failure.Append(nil)
	case a.entryPoint != "":
		h.Kind, fixed = wire.Checked, []byte(a.entryPoint)
	default:
		h.Kind, fixed, parts = wire.Result, wire.AppendRunTime(nil, a.runTime), a.output
	}
	length := len(fixed)
	for _, part := range parts {
		length += len(part)
	}
	h.Length = uint32(length) //nolint:gosec // bounded by the output limit
	trim := s.heap.grown()
	if trim {
		h.Flags = wire.FlagTrim
	}
	b := append(h.Append(s.scratch[:0]), fixed...)
	if length <= joinBytes {
		for _, part := range parts {
			b = append(b, part...)
		}
		s.scratch, parts = b[:0], nil
	}
	if _, err := s.out.Write(b); err != nil {
		return err
	}
	for _, part := range parts {
		if _, err := s.out.Write(part); err != nil {
			return err
		}
	}
	if !trim {
		return nil
	}
	a.output, parts = nil, nil // let it go before the collection
	_ = parts
	s.heap.settle(memoryBytes)
	return s.sendIdle(run)
}

// hashOf is the key of a source.
func hashOf(source string) [sha256.Size]byte { return sha256.Sum256([]byte(source)) }
