package wire_test

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"testing"
	"testing/iotest"
	"time"

	"peneira/internal/sandbox/wire"
)

func TestFramesComeBack(t *testing.T) {
	t.Parallel()
	body := bytes.Repeat([]byte("0123456789"), 100_000)
	frame := wire.AppendFrame(nil, wire.Result, wire.FlagTrim, 7, body)
	r := iotest.HalfReader(bytes.NewReader(frame))
	h, err := wire.ReadHeader(r, make([]byte, wire.HeaderBytes))
	if err != nil || h != (wire.Header{Kind: wire.Result, Flags: wire.FlagTrim, Run: 7, Length: 1_000_000}) {
		t.Fatalf("%+v, %v", h, err)
	}
	got, err := wire.ReadBody(r, h.Length, 1_000_000)
	if err != nil || !bytes.Equal(got, body) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
}

func TestReadBodyTrustsNoHeader(t *testing.T) {
	t.Parallel()
	if _, err := wire.ReadBody(bytes.NewReader(nil), 11, 10); !errors.Is(err, wire.ErrProtocol) {
		t.Errorf("above the limit: %v", err)
	}
	// A header claims a gigabyte and a hundred bytes come: what is set aside must be in proportion to the latter.
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := wire.ReadBody(bytes.NewReader(make([]byte, 100)), 1<<30, 1<<30); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut short: %v", err)
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 16<<20 {
		t.Errorf("%d bytes were set aside", grown)
	}
	if _, err := wire.ReadBody(bytes.NewReader(make([]byte, 100)), 200, 200); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut short: %v", err)
	}
}

func TestLayoutsComeBack(t *testing.T) {
	t.Parallel()
	task := wire.Task{
		Key: [32]byte{1, 31: 2}, Check: true, HasSource: true, Time: time.Second, MemoryBytes: 1, OutputBytes: 2,
		LogBytes: 3, ErrorBytes: 4, CallDepth: 5, SourceBytes: 6, InputBytes: 7,
	}
	if got, err := wire.ParseTask(task.Append(nil)); err != nil || got != task {
		t.Errorf("%+v, %v", got, err)
	}
	failure := wire.Failure{Fault: wire.TimeFault, Line: 1, Column: 2, RunTime: 3, Name: "n", Message: "", Stack: "s"}
	if got, err := wire.ParseFailure(failure.Append(nil)); err != nil || got != failure {
		t.Errorf("%+v, %v", got, err)
	}
	greeting := wire.Greeting{MemoryBytes: 9}
	if got, err := wire.ParseGreeting(greeting.Append(nil)); err != nil || got != greeting {
		t.Errorf("%+v, %v", got, err)
	}
	report := wire.Report{Active: wire.DataLimit}
	if got, err := wire.ParseReport(report.Append(nil)); err != nil || got != report {
		t.Errorf("%+v, %v", got, err)
	}
}

// FuzzParse feeds the parent's parsers with anything: they must refuse or return, and read no further than they were told.
func FuzzParse(f *testing.F) {
	f.Add(wire.AppendFrame(nil, wire.Error, 0, 1, wire.Failure{Message: "m"}.Append(nil)))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bytes.NewReader(data)
		h, err := wire.ReadHeader(r, make([]byte, wire.HeaderBytes))
		if err != nil {
			return
		}
		const limit = 1 << 10
		body, err := wire.ReadBody(r, h.Length, limit)
		if err != nil {
			return
		}
		if len(body) > limit || len(body) != int(h.Length) {
			t.Fatalf("%d bytes", len(body))
		}
		if got, err := wire.ParseFailure(body); err == nil && len(got.Name)+len(got.Message)+len(got.Stack) > len(body) {
			t.Fatal("the texts are longer than the frame")
		}
		_, _ = wire.ParseTask(body)
	})
}
