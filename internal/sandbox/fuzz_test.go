package sandbox

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"runtime"
	"testing"
	"time"

	"peneira/internal/sandbox/wire"
)

// script is a channel whose other end says what it was told, whatever it hears.
type script struct{ io.Reader }

func (script) Write(b []byte) (int, error) { return len(b), nil }
func (script) Close() error                { return nil }

// FuzzConversation has a child that is in a script's hands say anything at all. The parent must come to an end, with an
// answer that keeps to the limits or with an error, and set memory aside for what came and not for what was announced.
func FuzzConversation(f *testing.F) {
	frame := func(kind wire.Kind, body string) string {
		return string(wire.AppendFrame(nil, kind, 0, 1, []byte(body)))
	}
	time0 := string(wire.AppendRunTime(nil, time.Second))
	for _, said := range []string{
		frame(wire.Result, time0+`{"a":[1,2.5e3,"\u00e9",null,true]}`),
		frame(wire.Log, "\x01hello") + frame(wire.Log, "\x05") + frame(wire.Need, "") + frame(wire.Result, time0+"1"),
		frame(wire.Error, string(wire.Failure{Fault: 1, Name: "n", Message: "m", Stack: "s", Line: 1}.Append(nil))),
		frame(wire.Error, string(wire.Failure{Fault: 9, Message: "\xff\x00", RunTime: -1}.Append(nil))),
		frame(wire.Checked, "process"),
		frame(wire.Result, time0+"[[[[1 2]"),
		string(wire.AppendFrame(nil, wire.Result, wire.FlagTrim, 1, []byte(time0+"1"))) + frame(wire.Idle, ""),
		string(wire.Header{Kind: wire.Result, Run: 1, Length: 0xFFFFFFFF}.Append(nil)),
		string(wire.Header{Kind: wire.Log, Run: 1, Length: 1 << 30}.Append(nil)) + "x",
		frame(wire.Ready, "\x00\x00\x00\x00"),
		"HTTP/1.1 200 OK\r\n\r\n",
	} {
		f.Add([]byte(said), false, false)
		f.Add([]byte(said), true, true)
	}
	limits := Limits{Time: time.Second, MemoryBytes: 1 << 20, OutputBytes: 1 << 20, LogBytes: 1 << 10, ErrorBytes: 512, CallDepth: 100}
	f.Fuzz(func(t *testing.T, said []byte, check, known bool) {
		s := &process{reader: bufio.NewReaderSize(bytes.NewReader(said), readerBytes), channel: script{}, sent: newMemory(), last: 1}
		c := &conversation{
			s: s, t: &task{program: NewProgram("x"), check: check, limits: limits}, run: 1, timer: time.NewTimer(time.Hour),
			needed: !known,
		}
		defer c.timer.Stop()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := c.receive()
		runtime.ReadMemStats(&after)
		if grown, most := after.TotalAlloc-before.TotalAlloc, uint64(4<<20+64*len(said)); grown > most {
			t.Errorf("%d bytes were set aside for %d", grown, len(said))
		}
		if err != nil {
			ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
			if !ended && !errors.Is(err, wire.ErrProtocol) {
				t.Errorf("an error of an unknown kind: %v", err)
			}
			return
		}
		checkAnswer(t, &c.answer, check, limits)
	})
}

// checkAnswer checks what the rest of the service takes for granted of an answer.
func checkAnswer(t *testing.T, a *answer, check bool, limits Limits) {
	t.Helper()
	o := a.outcome(limits)
	if o.Err == nil && !check && (!json.Valid(o.Output) || int64(len(o.Output)) > limits.OutputBytes) {
		t.Errorf("the output is %.100q", o.Output)
	}
	if check && o.Output != nil || len(a.entryPoint) > 3*maxNameBytes {
		t.Errorf("a check gave output %.100q, entry point %.100q", o.Output, a.entryPoint)
	}
	logged := int64(0)
	for _, entry := range o.Logs {
		logged += int64(len(entry.Message)) + wire.EntryBytes
		if entry.Message != plain(entry.Message) {
			t.Errorf("a log entry is %q", entry.Message)
		}
	}
	// A byte that is not UTF-8 becomes three.
	if logged > 3*(limits.LogBytes+2*wire.EntryBytes+noteBytes) {
		t.Errorf("%d bytes were logged", logged)
	}
	if o.Err != nil {
		if int64(len(o.Err.Name)+len(o.Err.Message)+len(o.Err.Stack)) > 3*limits.ErrorBytes+200 {
			t.Error("the error is longer than its limit")
		}
		if o.Err.Line < 0 || o.Err.Column < 0 || o.Err.Kind == "" {
			t.Errorf("the error is %+v", o.Err)
		}
	}
}
