package sandbox_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"peneira/internal/delivered"
	"peneira/internal/execution"
	"peneira/internal/sandbox"
)

// TestLimitsHold runs hostile scripts side by side with an honest one, which must not notice.
func TestLimitsHold(t *testing.T) {
	t.Parallel()
	limits := sandbox.Limits{Time: 800 * time.Millisecond, MemoryBytes: 64 << 20, OutputBytes: 1 << 20, LogBytes: 8 << 10}
	hostile := start(t, sandbox.Config{Sandboxes: 2, Limits: limits})
	// What must end by itself, or by another limit, has time enough to do so on a busy machine.
	ample := limits
	ample.Time = patience
	unhurried := start(t, sandbox.Config{Sandboxes: 1, Limits: ample})
	honest := start(t, sandbox.Config{Sandboxes: 1})
	const (
		slow  = execution.TimeLimit
		large = execution.MemoryLimit
		err   = execution.ScriptError
		out   = execution.OutputLimit
		crash = execution.Crashed
	)
	call := func(body string) string { return "function process(d) {" + body + "}" }
	for _, c := range []struct {
		name, source string
		want         []execution.ErrorKind // any of them; none: completes
	}{
		{"endless loop", call("while (true);"), kinds(slow)},
		{"endless for", call("for (;;) {}"), kinds(slow)},
		{"endless at load", "while (true);", kinds(slow)},
		{"caught", call("for (;;) try { for (;;); } catch (e) {} finally { continue }"), kinds(slow)},
		{"endless generator", call("for (const x of (function* () { for (;;) yield 1 })());"), kinds(slow)},
		{"endless jobs", call("function f() { return Promise.resolve().then(f) } return f()"), kinds(slow, large)},
		{"endless await", "async function process() { for (;;) await 1 }", kinds(slow, large)},
		{"endless toJSON", call("return { toJSON() { for (;;); } }"), kinds(slow)},
		{"endless getter", call("return { get a() { for (;;); } }"), kinds(slow)},
		{"endless error", call("const e = new Error(); Object.defineProperty(e, 'message', { get() { for (;;); } }); throw e"), kinds(slow)},
		{"endless thenable", call("return { get then() { for (;;); } }"), kinds(slow)},
		{"endless entry", "Object.defineProperty(this, 'process', { get() { for (;;); } })", kinds(slow)},
		{"join", call("return new Array(2**32-1).join('x')"), kinds(slow, large, err)},
		{"fill", call("return Array(1e9).fill(0)"), kinds(slow, large)},
		{"BigInt power", call("return String(3n ** (10n ** 8n))"), kinds(slow, large)},
		{"BigInt loop", call("let x = 3n; for (;;) x *= x"), kinds(slow, large)},
		{"repeat", call("return 'x'.repeat(2**29)"), kinds(slow, large, err)},
		{"backtracking", call("return /^(?=(a+)+$)\\1b/.test('a'.repeat(40) + '!')"), kinds(slow)},
		{"array bomb", call("const a = []; for (;;) a.push(new Array(1000).fill(1))"), kinds(large, slow)},
		{"string bomb", call("let s = 'x'; for (;;) s += s"), kinds(large, slow, err)},
		{"object bomb", call("const o = {}; for (let i = 0; ; i++) o['k' + i] = { i }"), kinds(large, slow)},
		{"typed array bomb", call("const a = []; for (;;) a.push(new Float64Array(1e6).fill(1))"), kinds(large, slow)},
		{"one huge typed array", call("return new Uint8Array(2**31).fill(1).length"), kinds(large, slow, err, crash)},
		{"map bomb", call("const m = new Map(); for (let i = 0; ; i++) m.set(i, [i])"), kinds(large, slow)},
		{"closure bomb", call("let f = () => 0; for (;;) { const g = f; f = () => g }"), kinds(large, slow)},
		{"native recursion", call("const f = a => [a].map(f); return f(1)"), kinds(err, slow)},
		{"proxy recursion", call("const p = new Proxy({}, { get(t, k, r) { return r[k] } }); return p.x"), kinds(err, slow)},
		{"toJSON recursion", call("const o = { toJSON() { return JSON.stringify(o) } }; return o"), kinds(err, slow, large)},
		{"JSON nesting", call("return JSON.parse('['.repeat(1e7))"), kinds(crash, large, slow, err)},
		{"eval nesting", call("return eval('['.repeat(1e7))"), kinds(crash, large, slow, err)},
		{"sort", call("return Array(5e7).fill(0).map((_, i) => -i).sort().length"), kinds(slow, large)},
		{"output bomb", call("return 'x'.repeat(2**20)"), kinds(out)},
		{"shared output bomb", call("let a = 'x'.repeat(1000); for (let i = 0; i < 40; i++) a = [a, a]; return a"), kinds(out, large, slow)},
		{"log flood", call("for (;;) console.log('x'.repeat(100))"), kinds(slow)},
		{"empty log flood", call("for (;;) console.log()"), kinds(slow)},
		{"huge log", call("console.log('é'.repeat(1e5)); console.log('more')"), nil},
		{"long error", call("throw new Error('é'.repeat(1e5))"), kinds(err)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			begun := time.Now()
			pool, bounds := unhurried, ample
			if slices.Contains(c.want, slow) {
				pool, bounds = hostile, limits
			}
			o := execute(t, pool, c.source, "1")
			took := time.Since(begun)
			check(t, o, c.want, bounds)
			if got := output(t, honest, "function process(d) { return d + 1 }", "1"); got != "2" {
				t.Errorf("a neighbour read %s", got)
			}
			t.Logf("%v in %v, waiting included", o.Err, took)
		})
	}
}

func kinds(k ...execution.ErrorKind) []execution.ErrorKind { return k }

// check verifies that an outcome is one of those wanted and keeps to the limits.
func check(t *testing.T, o execution.Outcome, want []execution.ErrorKind, limits sandbox.Limits) {
	t.Helper()
	if o.Err == nil && len(want) > 0 {
		t.Fatalf("completed with %d bytes; want %v", len(o.Output), want)
	}
	if o.Err != nil {
		found := false
		for _, kind := range want {
			found = found || kind == o.Err.Kind
		}
		if !found {
			t.Errorf("got %s: %v; want %v", o.Err.Kind, o.Err, want)
		}
		if n := len(o.Err.Name) + len(o.Err.Message) + len(o.Err.Stack); n > 8<<10 {
			t.Errorf("the error takes %d bytes", n)
		}
	}
	if o.RunTime > limits.Time+100*time.Millisecond {
		t.Errorf("ran for %v", o.RunTime)
	}
	bytes := 0
	for _, entry := range o.Logs {
		bytes += len(entry.Message)
	}
	if int64(bytes) > limits.LogBytes+100 {
		t.Errorf("logged %d bytes", bytes)
	}
	if bytes > 4<<10 && o.Logs[len(o.Logs)-1] != (execution.LogEntry{Level: "system", Message: "logs truncated at 8192 bytes"}) {
		t.Errorf("the last entry is %+v", o.Logs[len(o.Logs)-1])
	}
}

func TestLimitsAreNamed(t *testing.T) {
	t.Parallel()
	pool := start(t, sandbox.Config{Limits: sandbox.Limits{Time: 10 * time.Second}})
	for _, c := range []struct {
		source string
		limits sandbox.Limits
		want   execution.Error
	}{
		{
			"function process(d) {\n  for (;;) d = d + 1;\n}",
			sandbox.Limits{Time: 500 * time.Millisecond},
			execution.Error{Kind: execution.TimeLimit, Message: "the script ran longer than its time limit of 500 ms", Line: 2},
		},
		{
			"function process() { Array(1e9).fill(0) }",
			sandbox.Limits{MemoryBytes: 16 << 20},
			execution.Error{Kind: execution.MemoryLimit, Message: "the script used more memory than its limit of 16 MiB"},
		},
		{
			"function process() { return 'x'.repeat(1023) }",
			sandbox.Limits{OutputBytes: 1 << 10},
			execution.Error{Kind: execution.OutputLimit, Message: "the result is larger than the output limit of 1 KiB"},
		},
	} {
		t.Run(c.want.Message, func(t *testing.T) {
			t.Parallel()
			r := request("console.log('before');"+c.source, "1")
			r.Limits = c.limits
			o, err := pool.Execute(t.Context(), r)
			if err != nil || o.Err == nil {
				t.Fatalf("%+v, %v", o, err)
			}
			// On a machine without time for it, a child is killed before it has stopped the script itself, and cannot tell where.
			for try := 1; c.want.Line != 0 && o.Err.Line == 0 && try < 5; try++ {
				if o, err = pool.Execute(t.Context(), r); err != nil || o.Err == nil {
					t.Fatalf("%+v, %v", o, err)
				}
			}
			if o.Err.Kind != c.want.Kind || o.Err.Message != c.want.Message || o.Err.Line != c.want.Line {
				t.Errorf("got %+v", o.Err)
			}
			if len(o.Logs) != 1 || o.Logs[0].Message != "before" {
				t.Errorf("logs: %+v", o.Logs)
			}
		})
	}
}

func TestLimitsOfRequestNeverExceedThePools(t *testing.T) {
	t.Parallel()
	pool := start(t, sandbox.Config{Limits: sandbox.Limits{Time: time.Second, OutputBytes: 10}, Command: delivered.Sandbox(t)})
	r := request("function process(d) { if (d) return 'x'.repeat(20); for (;;); }", "0")
	r.Limits = sandbox.Limits{Time: time.Hour, OutputBytes: 1 << 20}
	o, err := pool.Execute(t.Context(), r)
	if err != nil || o.Err == nil || o.Err.Kind != execution.TimeLimit {
		t.Errorf("%+v, %v", o, err)
	}
	r.Input = []byte("1")
	o, err = pool.Execute(t.Context(), r)
	if err != nil || o.Err == nil || o.Err.Kind != execution.OutputLimit {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestCheckRefusesWhatCannotBeHosted(t *testing.T) {
	t.Parallel()
	// A check has 2 s at most, which is plenty, but not under the race detector on a busy machine.
	pool := start(t, sandbox.Config{Limits: sandbox.Limits{Time: 2 * time.Second}, Command: delivered.Sandbox(t)})
	for source, want := range map[string]string{
		"":                                 "no function named process(data)",
		"function process( {":              "line 1, column",
		"throw new Error('at load')":       "Error: at load (line 1, column 7)",
		"while (true);":                    "time limit of 2 s",
		"const process = {}":               "process is an object",
		"//# sourceMappingURL=/etc/x\n":    "no function named",
		"// " + strings.Repeat("x", 1<<20): "no function named",
	} {
		_, err := pool.Check(t.Context(), source)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v; want %q", source, err, want)
		}
	}
	checked, err := pool.Check(t.Context(), "const execute = 1; async function run() { for (;;); }")
	if err != nil || checked.EntryPoint != "run" {
		t.Errorf("%+v, %v", checked, err)
	}
}
