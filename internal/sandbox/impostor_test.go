//go:build unix

package sandbox_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"peneira/internal/execution"
	"peneira/internal/failure"
	"peneira/internal/sandbox"
	"peneira/internal/sandbox/wire"
)

// stopped never becomes true.
var stopped atomic.Bool

// impostors are programs that stand in for a child: each misbehaves in its own way. The test binary becomes one when its
// first argument names it.
var impostors = map[string]func(){
	"exits":         func() { serve(func(uint32) {}) },
	"silent":        func() { serve(func(uint32) { hang() }) },
	"garbage":       func() { serve(func(uint32) { say([]byte("HTTP/1.1 200 OK\r\n\r\n")); hang() }) },
	"reserved":      func() { serve(func(run uint32) { say([]byte{19, 0, 1, 0, byte(run), 0, 0, 0, 0, 0, 0, 0}); hang() }) },
	"unknown":       func() { answer(99, nil) },
	"out of order":  func() { answer(wire.Ready, wire.Report{}.Append(nil)) },
	"unasked check": func() { answer(wire.Checked, []byte("process")) },
	"idle":          func() { answer(wire.Idle, nil) },
	"other run": func() {
		serve(func(run uint32) { say(wire.AppendFrame(nil, wire.Result, 0, run+1, result("1"))); hang() })
	},
	"huge":           func() { serve(func(run uint32) { say(header(wire.Result, run, 0xFFFFFFFF)); hang() }) },
	"huge log":       func() { serve(func(run uint32) { say(header(wire.Log, run, 1<<30)); hang() }) },
	"huge error":     func() { serve(func(run uint32) { say(header(wire.Error, run, 1<<20)); hang() }) },
	"partial header": func() { serve(func(run uint32) { say(header(wire.Result, run, 9)[:7]) }) },
	"partial body":   func() { serve(func(run uint32) { say(header(wire.Result, run, 1000)) }) },
	"stalled body":   func() { serve(func(run uint32) { say(header(wire.Result, run, 1000)); hang() }) },
	"not JSON":       func() { answer(wire.Result, result(`{"a":1,}`)) },
	"two values":     func() { answer(wire.Result, result(`1 2`)) },
	"no value":       func() { answer(wire.Result, result(``)) },
	"short result":   func() { answer(wire.Result, []byte{1}) },
	"bad failure":    func() { answer(wire.Error, []byte("abc")) },
	"lying failure":  func() { answer(wire.Error, append(wire.Failure{Message: "xyz"}.Append(nil), 'x')) },
	"bad level":      func() { answer(wire.Log, []byte{200, 'x'}) },
	"empty log":      func() { answer(wire.Log, nil) },
	"needless need":  func() { answer(wire.Need, nil) },
	"bad flags": func() {
		serve(func(run uint32) { say(wire.AppendFrame(nil, wire.Result, 0x80, run, result("1"))); hang() })
	},
	"log flood": func() {
		serve(func(run uint32) {
			for {
				say(wire.AppendFrame(nil, wire.Log, 0, run, []byte{1, 'x'}))
			}
		})
	},
	"out of memory": func() {
		serve(func(uint32) { fmt.Fprintln(os.Stderr, "fatal error: runtime: out of memory"); os.Exit(2) })
	},
	"stack overflow": func() {
		serve(func(uint32) {
			fmt.Fprintln(os.Stderr, "runtime: goroutine stack exceeds 67108864-byte limit")
			os.Exit(2)
		})
	},
	"closes": func() {
		serve(func(uint32) {
			_ = os.NewFile(3, "channel").Close()
			hang()
		})
	},
	"never reads": func() { greet(); hang() },
	"wild error": func() {
		f := wire.Failure{Fault: 77, Line: 0xFFFFFFFF, Column: 0xFFFFFFFF, RunTime: -time.Hour, Message: "\xff\x00m"}
		answer(wire.Error, f.Append(nil))
	},
	"never idle": func() {
		serve(func(run uint32) { say(wire.AppendFrame(nil, wire.Result, wire.FlagTrim, run, result("1"))); hang() })
	},
	"keeps all": func() {
		serve(func(run uint32) {
			say(wire.AppendFrame(nil, wire.Result, wire.FlagTrim, run, result("1")))
			say(wire.AppendFrame(nil, wire.Idle, 0, run, nil))
			hang()
		})
	},
	"computes on": func() {
		serve(func(run uint32) {
			say(wire.AppendFrame(nil, wire.Result, 0, run, result("1")))
			for !stopped.Load() {
			}
		})
	},
	"speaks on": func() {
		serve(func(run uint32) {
			say(append(wire.AppendFrame(nil, wire.Result, 0, run, result("1")), "more"...))
			hang()
		})
	},
	"speaks later": func() {
		serve(func(run uint32) {
			say(wire.AppendFrame(nil, wire.Result, 0, run, result("1")))
			say([]byte("more"))
			hang()
		})
	},
	"trails": func() {
		serve(func(run uint32) { say(wire.AppendFrame(nil, wire.Result, 0, run, result("1"))); say([]byte("more")) })
	},
	"never ready": func() { hang() },
	"dies":        func() { fmt.Fprintln(os.Stderr, "I cannot go on"); os.Exit(7) },
	"parent":      parent,
	"dies later":  func() { greet() },
}

func say(b []byte) { _, _ = channel().Write(b) }

func channel() *os.File { return os.NewFile(3, "channel") }

// hang does nothing for as long as the process lives.
func hang() { <-time.After(time.Hour) }

func header(kind wire.Kind, run, length uint32) []byte {
	return wire.Header{Kind: kind, Run: run, Length: length}.Append(nil)
}

func result(json string) []byte { return append(wire.AppendRunTime(nil, time.Hour), json...) }

func greet() {
	var b [wire.HeaderBytes + wire.GreetingBytes]byte
	_, _ = io.ReadFull(channel(), b[:])
	say(wire.AppendFrame(nil, wire.Ready, 0, 0, wire.Report{}.Append(nil)))
}

// serve greets, reads a run and acts on it; then it exits.
func serve(act func(run uint32)) {
	greet()
	file := channel()
	h, err := wire.ReadHeader(file, make([]byte, wire.HeaderBytes))
	if err != nil {
		return
	}
	body, err := wire.ReadBody(file, h.Length, wire.TaskBytes)
	if err != nil {
		return
	}
	task, err := wire.ParseTask(body)
	if err != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, file, int64(task.SourceBytes)+int64(task.InputBytes))
	act(h.Run)
}

// answer answers each run with one frame.
func answer(kind wire.Kind, body []byte) {
	serve(func(run uint32) { say(wire.AppendFrame(nil, kind, 0, run, body)); hang() })
}

// impostor starts a pool whose child is an impostor.
func impostor(t *testing.T, name string, limits sandbox.Limits) *sandbox.Pool {
	t.Helper()
	return start(t, sandbox.Config{Command: []string{os.Args[0], name}, Limits: limits})
}

func TestHostileChildren(t *testing.T) {
	t.Parallel()
	const dead = "the script brought the engine down"
	const protocol = "the sandbox answered out of protocol"
	limits := sandbox.Limits{Time: 150 * time.Millisecond, LogBytes: 4 << 10}
	for name, want := range map[string]string{
		"exits":          dead,
		"silent":         "the script ran longer than its time limit of 150 ms",
		"garbage":        protocol,
		"reserved":       protocol,
		"unknown":        protocol,
		"out of order":   protocol,
		"unasked check":  protocol,
		"idle":           protocol,
		"other run":      protocol,
		"huge":           protocol,
		"huge log":       protocol,
		"huge error":     protocol,
		"partial header": dead,
		"partial body":   dead,
		"stalled body":   "the script ran longer than its time limit of 150 ms",
		"not JSON":       protocol,
		"two values":     protocol,
		"no value":       protocol,
		"short result":   protocol,
		"bad failure":    protocol,
		"lying failure":  protocol,
		"bad level":      protocol,
		"empty log":      protocol,
		"needless need":  protocol,
		"bad flags":      protocol,
		"log flood":      protocol,
		"out of memory":  "the script used more memory than its limit of 128 MiB",
		"stack overflow": "the script exhausted the engine's stack",
		"closes":         protocol,
		"wild error":     "\uFFFD\uFFFDm",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			limits := limits
			if !strings.Contains(want, "150 ms") {
				limits.Time = patience // a busy machine may take its time to see what the child did
			}
			pool := impostor(t, name, limits)
			o := execute(t, pool, "function process() {}", "1")
			if o.Err == nil || o.Err.Message != want {
				t.Fatalf("%+v; want %q", o, want)
			}
			if o.RunTime < 0 || o.RunTime > patience {
				t.Errorf("ran for %v", o.RunTime)
			}
			if name == "wild error" && (o.Err.Kind != execution.Crashed || o.Err.Line != 0 || o.Err.Column != 0) {
				t.Errorf("%+v", o.Err)
			}
			await(t, "the child is replaced or kept", func() bool { return pool.Stats().Idle == 1 })
		})
	}
}

func TestChildThatNeverReadsIsKilledAtTheDeadline(t *testing.T) {
	t.Parallel()
	pool := impostor(t, "never reads", sandbox.Limits{Time: 100 * time.Millisecond})
	r := request("function process() {}", "")
	r.Input = make([]byte, 32<<20)
	begun := time.Now()
	o, err := pool.Execute(t.Context(), r)
	if err != nil || o.Err == nil || o.Err.Kind != execution.TimeLimit {
		t.Errorf("%+v, %v", o, err)
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestChildThatLiesBetweenRunsIsReplaced(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"trails", "never idle"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := impostor(t, name, sandbox.Limits{Time: 100 * time.Millisecond})
			if got := output(t, pool, "function process() {}", "1"); got != "1" {
				t.Errorf("got %s", got)
			}
			before := pool.Stats().Spawns
			_ = execute(t, pool, "function process() {}", "1")
			await(t, "replaced", func() bool { return pool.Stats().Spawns > before })
		})
	}
}

// A child that does not give its memory back when it is told to is killed.
func TestChildThatKeepsItsMemoryIsReplaced(t *testing.T) {
	t.Parallel()
	pool := paused(t, sandbox.Config{Command: []string{os.Args[0], "keeps all"}})
	pool.LookAtIdle(10 * time.Millisecond)
	run(t, pool)
	if got := output(t, pool, "function process() {}", "1"); got != "1" {
		t.Errorf("got %s", got)
	}
	await(t, "replaced", func() bool { return pool.Stats().Spawns > 1 })
}

func TestChildrenThatCannotStartAreOurFault(t *testing.T) {
	t.Parallel()
	for name, command := range map[string][]string{
		"no program": {"/nonexistent/peneira"},
		"dies":       {os.Args[0], "dies"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := start(t, sandbox.Config{Command: command, Logger: slog.New(slog.DiscardHandler)})
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			_, err := pool.Execute(ctx, request("function process() {}", "1"))
			if failure.KindOf(err) != failure.Unavailable {
				t.Errorf("got %v", err)
			}
			if pool.Ready() == nil {
				t.Error("the pool says that it is ready")
			}
			if failed := pool.Stats().Failed; failed > 20 {
				t.Errorf("%d starts within a moment", failed)
			}
		})
	}
}

func TestRunEndsChildrenThatNeverBecomeReady(t *testing.T) {
	t.Parallel()
	pool := impostor(t, "never ready", sandbox.Limits{})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := pool.Execute(ctx, request("", "1")); err == nil {
		t.Error("no error")
	}
}
