package sandbox_test

import (
	"strings"
	"testing"

	"peneira/internal/execution"
	"peneira/internal/sandbox"
)

func TestExecuteCarriesJSONFaithfully(t *testing.T) {
	t.Parallel()
	pool := start(t, sandbox.Config{})
	const same = "function process(data) { return data; }"
	for _, c := range []struct{ name, source, input, want string }{
		{"object", same, `{"b":1,"a":[true,false,null,"x"],"c":{"d":{}}}`, `{"b":1,"a":[true,false,null,"x"],"c":{"d":{}}}`},
		{"scalar", same, ` 7 `, `7`},
		{"null", same, `null`, `null`},
		{"undefined is null", "function process() {}", `1`, `null`},
		{"function is null", "function process() { return process; }", `1`, `null`},
		{"NUL", same, `"a\u0000b"`, `"a\u0000b"`},
		{"lone surrogates", same, `["\ud800","x\udc00é","\ud83d\ude00","\udc00\ud800"]`, `["\ud800","x\udc00é","😀","\udc00\ud800"]`},
		{"lone surrogate in a key", same, `{"\ud800":1,"k\udfff":2}`, `{"\ud800":1,"k\udfff":2}`},
		{"__proto__", "function process(d) { return [d, Object.keys(d), d.x === undefined]; }", `{"__proto__":{"x":1}}`, `[{"__proto__":{"x":1}},["__proto__"],true]`},
		{"duplicates", same, `{"a":1,"b":2,"a":3}`, `{"a":3,"b":2}`},
		{"integer keys", same, `{"b":1,"10":2,"9":3,"a":4,"01":5}`, `{"9":3,"10":2,"b":1,"a":4,"01":5}`},
		{"negative zero", "function process(d) { return [Object.is(d[0], -0), Object.is(d[1], -0), Object.is(d[2], 0), d]; }", `[-0,-0.0,0]`, `[true,true,true,[0,0,0]]`},
		{"infinite", "function process(d) { return [d[0] === Infinity, d[1] === -Infinity, d[2], d]; }", `[1e400,-1e400,1e-400]`, `[true,true,0,[null,null,0]]`},
		{"large integer", same, `[12345678901234567890,9007199254740993,1e21,123456789012345,0.1,1E2]`, `[12345678901234567000,9007199254740992,1e+21,123456789012345,0.1,100]`},
		{"escapes", same, `"\"\\\/\b\f\n\r\t\u0041\u00e9"`, `"\"\\/\b\f\n\r\tAé"`},
		{"identity", "function process(d) { return d[0] === d[0] && Array.isArray(d) && d[0].constructor === Object; }", `[{}]`, `true`},
		{"toJSON", "function process() { return { d: new Date(0), k: { toJSON(key) { return key; } }, n: NaN, u: undefined, h: [,1] }; }", `1`, `{"d":"1970-01-01T00:00:00.000Z","k":"k","n":null,"h":[null,1]}`},
		{"time zone", "function process() { return new Date(2020, 0, 1).getTime() === Date.UTC(2020, 0, 1); }", `1`, `true`},
		{"own JSON", "JSON.stringify = () => 'no'; JSON.parse = null; function process(d) { return d; }", `[1]`, `[1]`},
		{"own prototypes", "Object.defineProperty(Object.prototype, 'a', { set() { throw 1 }, get() { return 9 } }); function process(d) { return d; }", `{"a":1}`, `{"a":1}`},
		{"empty containers", same, `[{},[],"",[[]]]`, `[{},[],"",[[]]]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := output(t, pool, c.source, c.input); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestExecuteFindsTheEntryPoint(t *testing.T) {
	t.Parallel()
	pool := start(t, sandbox.Config{})
	for name, source := range map[string]string{
		"function":    "function process(d) { return d + 1 }",
		"const":       "const process = d => d + 1",
		"let":         "let process = function (d) { return d + 1 }",
		"var":         "var process = d => d + 1",
		"global":      "this.process = d => d + 1",
		"strict":      "'use strict'; const process = d => d + 1",
		"async":       "async function process(d) { await null; return d + 1 }",
		"promise":     "function process(d) { return Promise.resolve(d).then(x => x + 1) }",
		"thenable":    "function process(d) { return { then(ok) { ok(d + 1) } } }",
		"bound":       "const process = function (d) { return d + 1 }.bind(null)",
		"execute":     "function execute(d) { return d + 1 }",
		"run":         "const run = d => d + 1; const process = 3",
		"main":        "async function main(d) { return d + 1 }",
		"processData": "function processData(d) { return d + 1 }",
		"twice":       "function process(d) { return 0 } function process(d) { return d + 1 }",
		"order":       "function main() { return 0 } function process(d) { return d + 1 }",
		"arguments":   "function process() { return arguments.length + arguments[0] }",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := output(t, pool, source, "1"); got != "2" {
				t.Errorf("got %s", got)
			}
			checked, err := pool.Check(t.Context(), source)
			if err != nil || checked.EntryPoint == "" {
				t.Errorf("Check: %+v, %v", checked, err)
			}
		})
	}
}

func TestExecuteTellsWhatTheScriptDidWrong(t *testing.T) {
	t.Parallel()
	pool := start(t, sandbox.Config{})
	for _, c := range []struct {
		name, source string
		want         execution.Error
		stack        string
	}{
		{"throws", "function process(d) {\n  throw new TypeError('no');\n}", execution.Error{Name: "TypeError", Message: "no", Line: 2, Column: 9}, "at process (script.js:2:9)"},
		{"engine throws", "function process(d) {\n  return d.a.b;\n}", execution.Error{Name: "TypeError", Message: "Cannot read property 'b' of undefined", Line: 2, Column: 14}, ""},
		{"column in characters", "function process(d) {\n  /* çãé😀 */ nope();\n}", execution.Error{Name: "ReferenceError", Message: "nope is not defined", Line: 2, Column: 14}, ""},
		{"inner", "const f = () => {\r\n  throw new RangeError('x') };\r\nfunction process(d) { return [1].map(f) }", execution.Error{Name: "RangeError", Message: "x", Line: 2, Column: 9}, "at f (script.js:2:9)\nat process (script.js:3:34)"},
		{"own class", "class Bad extends Error { constructor(m) { super(m); this.name = 'Bad' } }\nfunction process(d) { throw new Bad('b') }", execution.Error{Name: "Bad", Message: "b", Line: 1, Column: 44}, ""},
		{"rejects", "async function process(d) {\n  await 1;\n  throw new Error('late');\n}", execution.Error{Name: "Error", Message: "late", Line: 3, Column: 9}, ""},
		{"string", "function process(d) {\n  throw 'oops'\n}", execution.Error{Message: "the script threw a string: 'oops'", Line: 2, Column: 3}, ""},
		{"object", "function process(d) { throw { code: 7 } }", execution.Error{Message: "the script threw an object: { code: 7 }", Line: 1, Column: 23}, ""},
		{"undefined", "function process(d) { throw undefined }", execution.Error{Message: "the script threw undefined", Line: 1, Column: 23}, ""},
		{"rejects with null", "function process(d) { return Promise.reject(null) }", execution.Error{Message: "the script threw null"}, ""},
		{"throwing getters", "function process(d) { const e = new Error('x'); for (const k of ['name', 'message', 'stack']) Object.defineProperty(e, k, { get() { throw e } }); throw e }", execution.Error{Name: "Error", Line: 1, Column: 33}, ""},
		{"throwing proxy", "function process(d) { throw new Proxy({}, { get() { throw 1 }, ownKeys() { throw 2 } }) }", execution.Error{Message: "the script threw an object: [Proxy]", Line: 1, Column: 23}, ""},
		{"load", "\nlet x = null.y;\nfunction process() {}", execution.Error{Name: "TypeError", Message: "Cannot read property 'y' of undefined", Line: 2, Column: 14}, ""},
		{"syntax", "function process(d) {\n  return d +;\n}", execution.Error{Name: "SyntaxError", Message: "Unexpected token ;", Line: 2, Column: 13}, ""},
		{"unfinished", "function process(d) {", execution.Error{Name: "SyntaxError", Message: "Unexpected end of input", Line: 1, Column: 22}, ""},
		{"declared twice", "let process = 1;\nlet process = 2;", execution.Error{Name: "SyntaxError", Message: "Identifier 'process' has already been declared", Line: 2, Column: 5}, ""},
		{"empty", "", execution.Error{Name: "TypeError", Message: "the script defines no function named process(data); define one at its top level: function process(data) { return data; }"}, ""},
		{"not a function", "const process = 5", execution.Error{Name: "TypeError", Message: "process is a number; it must be a function that takes the data and returns the result"}, ""},
		{"class", "class process {}", execution.Error{Name: "TypeError", Message: "process is a class; it must be a function that takes the data and returns the result"}, ""},
		{"cyclic", "function process(d) { const a = []; a[0] = a; return a }", execution.Error{Name: "TypeError", Message: "Converting circular structure to JSON"}, ""},
		{"BigInt", "function process(d) { return 1n }", execution.Error{Name: "TypeError", Message: "Do not know how to serialize a BigInt"}, ""},
		{"never settles", "function process(d) { return new Promise(() => {}) }", execution.Error{Message: "the promise that process returned never settles; the sandbox has no timers"}, ""},
		{"recursion", "function f() { return f() + 1 }\nfunction process(d) { return f() }", execution.Error{Name: "RangeError", Message: "Maximum call stack size exceeded", Line: 1, Column: 23}, ""},
		{"deep result", "function process(d) { let a = []; for (let i = 0; i < 1500; i++) a = [a]; return a }", execution.Error{Name: "RangeError", Message: "the result is nested more than 1000 levels deep"}, ""},
		{"no modules", "const fs = require('fs'); function process() {}", execution.Error{Name: "ReferenceError", Message: "require is not defined; a script is one file: there are no modules to import or require", Line: 1, Column: 12}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := execute(t, pool, c.source, "{}")
			if o.Err == nil {
				t.Fatalf("no error; output %s", o.Output)
			}
			got := *o.Err
			c.want.Kind = execution.ScriptError
			if c.stack != "" && got.Stack != c.stack {
				t.Errorf("stack\n%s\nwant\n%s", got.Stack, c.stack)
			}
			got.Stack = ""
			if got != c.want {
				t.Errorf("\ngot  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestConsoleIsKept(t *testing.T) {
	t.Parallel()
	pool := start(t, sandbox.Config{})
	for _, c := range []struct{ call, want string }{
		{`log('a', 1, true, null, undefined, -0, 10n, Symbol('s'))`, "log: a 1 true null undefined -0 10n Symbol(s)"},
		{`info({ a: [1, 'x', { b: { c: { d: 1 } } }], 'k-k': "it's" })`, `info: { a: [ 1, 'x', { b: [Object] } ], 'k-k': "it's" }`},
		{`warn([,1], new Map([['k', { v: 1 }]]), new Set([1]))`, "warn: [ <empty>, 1 ] Map(1) { 'k' => { v: 1 } } Set(1) { 1 }"},
		{`error(new Date(0), /a/g, function f() {}, class A {}, () => 1)`, "error: 1970-01-01T00:00:00.000Z /a/g [Function: f] [class A] [Function (anonymous)]"},
		{`debug('%s is %d years, %i, %f, %j%% %o', 'x', 4.5, 4.5, '1.5', {a:1}, [1], 'rest')`, "debug: x is 4.5 years, 4, 1.5, { a: 1 }% [ 1 ] rest"},
		{`log({ get a() { throw 1 }, set b(x) {} }, new Proxy({}, { get() { throw 1 } }))`, "log: { a: [Getter], b: [Setter] } [Proxy]"},
		{`log((() => { const a = { n: 1 }; a.self = a; return a })())`, "log: { n: 1, self: [Circular] }"},
		{`log(new (class P { constructor() { this.x = 1 } })(), Object.create(null), new Number(3), Object('s'))`, "log: P { x: 1 } [Object: null prototype] {} [Number: 3] [String: 's']"},
		{`assert(1 === 2, 'math')`, "error: Assertion failed: math"},
		{`group('g'); console.log('in'); console.groupEnd(); console.log('out')`, "log: g|log:   in|log: out"},
		{`count(); console.count('x'); console.count()`, "log: default: 1|log: x: 1|log: default: 2"},
		{`log('')`, "log: "},
		{`log()`, "log: "},
		{`log('a\0b', '\ud800')`, "log: a\uFFFDb \uFFFD"},
		{`log(Promise.resolve(1), new Uint8Array(2))`, "log: Promise {} Uint8Array(2) [ 0, 0 ]"},
	} {
		t.Run(c.call, func(t *testing.T) {
			t.Parallel()
			o := execute(t, pool, "function process() { console."+c.call+" }", "1")
			if o.Err != nil {
				t.Fatal(o.Err)
			}
			var lines []string
			for _, entry := range o.Logs {
				lines = append(lines, entry.Level+": "+entry.Message)
			}
			if got := strings.Join(lines, "|"); got != c.want {
				t.Errorf("\ngot  %s\nwant %s", got, c.want)
			}
		})
	}
}
