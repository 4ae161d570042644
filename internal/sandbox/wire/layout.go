package wire

import (
	"encoding/binary"
	"fmt"
	"time"
)

// Greeting is what a child must know before it locks itself down.
type Greeting struct {
	MemoryBytes int64 // the pool's memory limit, from which the child sets RLIMIT_DATA
}

// GreetingBytes is the size of a Greeting.
const GreetingBytes = 8

// Append adds the greeting's bytes to b.
func (g Greeting) Append(b []byte) []byte { return appendInt64(b, g.MemoryBytes) }

// ParseGreeting reads a Greeting. The error wraps ErrProtocol.
func ParseGreeting(b []byte) (Greeting, error) {
	if len(b) != GreetingBytes {
		return Greeting{}, fmt.Errorf("%w: greeting of %d bytes", ErrProtocol, len(b))
	}
	return Greeting{MemoryBytes: readInt64(b)}, nil
}

// Measure is one protection that a child puts up for itself.
type Measure uint32

// The measures, as bits of a Report.
const (
	ParentDeath   Measure = 1 << iota // dies with its parent
	NoNewPrivs                        // cannot gain privileges through exec
	Unprivileged                      // does not run as root
	DataLimit                         // RLIMIT_DATA stands behind the memory watch
	ProcessLimits                     // RLIMIT_CORE, RLIMIT_FSIZE and RLIMIT_NOFILE are at their least
	Landlock                          // Landlock refuses every path, and what else of it the kernel offers
	Seccomp                           // a filter refuses all system calls but those that the runtime needs
	EmptyRoot                         // its root directory holds nothing
)

// Namespaces is a measure that the parent takes: own namespaces for network, processes, host name and IPC. No child may
// claim it.
const Namespaces Measure = 1 << 31

// AllMeasures holds every measure that a child may report.
const AllMeasures = EmptyRoot<<1 - 1

// Report is what a child says of itself when it is ready: the measures that are active.
type Report struct{ Active Measure }

// ReportBytes is the size of a Report.
const ReportBytes = 4

// Append adds the report's bytes to b.
func (r Report) Append(b []byte) []byte { return binary.LittleEndian.AppendUint32(b, uint32(r.Active)) }

// ParseReport reads a Report. The error wraps ErrProtocol.
func ParseReport(b []byte) (Report, error) {
	if len(b) != ReportBytes {
		return Report{}, fmt.Errorf("%w: report of %d bytes", ErrProtocol, len(b))
	}
	return Report{Active: Measure(binary.LittleEndian.Uint32(b))}, nil
}

// Task is the fixed part of a run.
type Task struct {
	Key         [32]byte
	Check       bool // only load the script and find its entry point; there is no input
	HasSource   bool // SourceBytes of source follow, even if zero
	Time        time.Duration
	MemoryBytes int64
	OutputBytes int64
	LogBytes    int64
	ErrorBytes  int64
	CallDepth   uint32
	SourceBytes uint32
	InputBytes  uint32
}

// TaskBytes is the size of a Task.
const TaskBytes = 32 + 2 + 5*8 + 3*4

// Append adds the task's bytes to b.
func (t Task) Append(b []byte) []byte {
	b = append(b, t.Key[:]...)
	b = append(b, bit(t.Check), bit(t.HasSource))
	for _, n := range []int64{int64(t.Time), t.MemoryBytes, t.OutputBytes, t.LogBytes, t.ErrorBytes} {
		b = appendInt64(b, n)
	}
	for _, n := range []uint32{t.CallDepth, t.SourceBytes, t.InputBytes} {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	return b
}

// ParseTask reads a Task. The error wraps ErrProtocol.
func ParseTask(b []byte) (Task, error) {
	if len(b) != TaskBytes {
		return Task{}, fmt.Errorf("%w: task of %d bytes", ErrProtocol, len(b))
	}
	t := Task{Key: [32]byte(b), Check: b[32] != 0, HasSource: b[33] != 0}
	b = b[34:]
	t.Time = time.Duration(readInt64(b))
	t.MemoryBytes, t.OutputBytes = readInt64(b[8:]), readInt64(b[16:])
	t.LogBytes, t.ErrorBytes = readInt64(b[24:]), readInt64(b[32:])
	t.CallDepth = binary.LittleEndian.Uint32(b[40:])
	t.SourceBytes = binary.LittleEndian.Uint32(b[44:])
	t.InputBytes = binary.LittleEndian.Uint32(b[48:])
	return t, nil
}

// Fault is the kind of a Failure, as far as a child may claim it.
type Fault uint8

// The faults.
const (
	ScriptFault Fault = 1 // the script threw, or returned what JSON cannot hold
	TimeFault   Fault = 2 // the child stopped itself at the deadline
	OutputFault Fault = 3 // the result is larger than the limit
	EngineFault Fault = 4 // the engine failed in a way that it should not
)

// Failure tells how a run failed.
type Failure struct {
	Fault                Fault
	Line, Column         uint32 // from 1; 0 when unknown
	RunTime              time.Duration
	Name, Message, Stack string
}

// failureFixedBytes is the size of a Failure without its texts.
const failureFixedBytes = 1 + 4 + 4 + 8 + 3*4

// MaxFailureBytes is the most that a Failure may take whose texts have at most errorBytes together.
func MaxFailureBytes(errorBytes int64) int64 { return failureFixedBytes + errorBytes }

// Append adds the failure's bytes to b.
func (f Failure) Append(b []byte) []byte {
	b = append(b, byte(f.Fault))
	b = binary.LittleEndian.AppendUint32(b, f.Line)
	b = binary.LittleEndian.AppendUint32(b, f.Column)
	b = appendInt64(b, int64(f.RunTime))
	for _, s := range []string{f.Name, f.Message, f.Stack} {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(s))) //nolint:gosec // bounded by the error limit
	}
	b = append(b, f.Name...)
	b = append(b, f.Message...)
	return append(b, f.Stack...)
}

// ParseFailure reads a Failure. The error wraps ErrProtocol: the lengths of the texts must add up to the body.
func ParseFailure(b []byte) (Failure, error) {
	if len(b) < failureFixedBytes {
		return Failure{}, fmt.Errorf("%w: failure of %d bytes", ErrProtocol, len(b))
	}
	f := Failure{
		Fault:   Fault(b[0]),
		Line:    binary.LittleEndian.Uint32(b[1:]),
		Column:  binary.LittleEndian.Uint32(b[5:]),
		RunTime: time.Duration(readInt64(b[9:])),
	}
	name := uint64(binary.LittleEndian.Uint32(b[17:]))
	message := uint64(binary.LittleEndian.Uint32(b[21:]))
	stack := uint64(binary.LittleEndian.Uint32(b[25:]))
	b = b[failureFixedBytes:]
	if name+message+stack != uint64(len(b)) {
		return Failure{}, fmt.Errorf("%w: the texts of a failure do not fill it", ErrProtocol)
	}
	f.Name, f.Message, f.Stack = string(b[:name]), string(b[name:name+message]), string(b[name+message:])
	return f, nil
}

// RunTimeBytes is the size of the run time that begins a Result.
const RunTimeBytes = 8

// AppendRunTime adds a run time to b.
func AppendRunTime(b []byte, d time.Duration) []byte { return appendInt64(b, int64(d)) }

// ParseRunTime reads a run time from the first RunTimeBytes of b.
func ParseRunTime(b []byte) time.Duration { return time.Duration(readInt64(b)) }

// Levels are the levels of a log entry; a Log frame begins with an index into it.
var Levels = [...]string{"debug", "log", "info", "warn", "error", "system"}

// Indexes into Levels.
const (
	LevelDebug uint8 = iota
	LevelLog
	LevelInfo
	LevelWarn
	LevelError
	LevelSystem
)

// EntryBytes is what each log entry counts beside its message, so that empty entries cannot come without end.
const EntryBytes = 16

func appendInt64(b []byte, n int64) []byte {
	return binary.LittleEndian.AppendUint64(b, uint64(n)) //nolint:gosec // carried bit by bit
}

func readInt64(b []byte) int64 {
	return int64(binary.LittleEndian.Uint64(b)) //nolint:gosec // carried bit by bit
}

func bit(v bool) byte {
	if v {
		return 1
	}
	return 0
}
