package sandbox_test

import (
	"strings"
	"testing"

	"peneira/internal/execution"
	"peneira/internal/sandbox"
)

func TestExecuteTakesDialects(t *testing.T) {
	t.Parallel()
	pool := start(t, sandbox.Config{})
	for _, c := range []struct{ name, source, input, want string }{
		{"module with a default", "export default function (data) { return data + 1 }", `1`, `2`},
		{"module with a default that has a name", "export default async function sum(data) { return data + 1 }", `1`, `2`},
		{"module with a named export", "const one = 1;\nexport const process = data => data + one;", `1`, `2`},
		{"module that renames", "function f(data) { return data + 1 }\nexport { f as process };", `1`, `2`},
		{"module with a default that is no function", "export default { a: 1 };\nexport function process(d) { return d + 1 }", `1`, `2`},
		{"named before default", "export default () => 0;\nexport function process(d) { return d + 1 }", `1`, `2`},
		{"main in a module", "export function main(d) { return d + 1 }", `1`, `2`},
		{"module is strict", "export default function () { return this === undefined }", `1`, `true`},
		{"script is sloppy", "async function* g() {}\nfunction process() { undeclared = 1; return [this === globalThis, undeclared] }", `1`, `[true,1]`},
		{"script stays strict", "'use strict';\nasync function* g() {}\nfunction process() { return this === undefined }", `1`, `true`},
		{"TypeScript", "interface Row { v: number }\nfunction process(data: Row[]): number { return data.reduce((s: number, r: Row) => s + r.v, 0) }", `[{"v":1},{"v":2}]`, `3`},
		{"TypeScript module", "import type { Row } from './types';\nexport default (rows: Row[]) => rows.map((r) => r!.v as number);", `[{"v":1}]`, `[1]`},
		{"TypeScript's own", "enum E { A = 1, B }\nnamespace N { export const x = 3 }\nclass P { constructor(private y: number) {} get() { return this.y } }\nconst process = (d: any) => [E.B, E[1], N.x, new P(4).get(), d satisfies any];", `5`, `[2,"A",3,4,5]`},
		{"generics", "const process = <T,>(d: T): T => d", `[1]`, `[1]`},
		{"async generator", "async function* g(n) { for (let i = 0; i < n; i++) yield i }\nasync function process(n) { const out = []; for await (const x of g(n)) out.push(x); return out }", `3`, `[0,1,2]`},
		{"for await over promises", "async function process(d) { let s = 0; for await (const x of d.map(v => Promise.resolve(v))) s += x; return s }", `[1,2]`, `3`},
		{"async iterator of one's own", "const it = { [Symbol.asyncIterator]() { let i = 0; return { next: async () => ({ done: i > 2, value: i++ }) } } };\nasync function process() { const out = []; for await (const x of it) out.push(x); return out }", `1`, `[0,1,2]`},
		{"async generator method", "class A { async *m() { yield* [1, 2] } }\nasync function process() { const out = []; for await (const x of new A().m()) out.push(x); return out }", `1`, `[1,2]`},
		{"async generator ends early", "let closed = 0;\nasync function* g() { try { yield 1; yield 2 } finally { closed++ } }\nasync function process() { for await (const x of g()) break; return closed }", `1`, `1`},
		{"decorators and accessors", "const log = (f, c) => { f.kind = c.kind };\nclass A { @log m() {} accessor x = 1 }\nfunction process() { return [new A().x, new A().m.kind] }", `1`, `[1,"method"]`},
		{"using", "function process() { const out = []; { using x = { [Symbol.dispose]() { out.push('end') } }; out.push('in') } return out }", `1`, `["in","end"]`},
		{"BigInt power", "async function* g() {}\nfunction process() { return String(2n ** 70n) }", `1`, `"1180591620717411303424"`},
		{"byte order mark", "\ufefffunction process(d) { return d }", `1`, `1`},
		{"hash-bang and module", "#!/usr/bin/env node\nexport default d => d", `1`, `1`},
		{"not ASCII", "export default d => ({ ação: d, '😀': 'çé😀', \u017f: /[çé]/.test('é') })", `1`, `{"ação":1,"😀":"çé😀","ſ":true}`},
		{"looks like an export", "async function* g() {}\nconst s = `\nmodule.exports = x`;\nfunction process() { return s.length }", `1`, `19`},
		{"own source map", "export default d => d // x\n//# sourceMappingURL=data:application/json;base64,eyJ2ZXJzaW9uIjozfQ==", `1`, `1`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := output(t, pool, c.source, c.input); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if _, err := pool.Check(t.Context(), c.source); err != nil {
				t.Errorf("Check: %v", err)
			}
		})
	}
}

func TestErrorsOfLoweredScriptsPointAtTheSource(t *testing.T) {
	t.Parallel()
	pool := start(t, sandbox.Config{})
	for _, c := range []struct {
		name, source string
		want         execution.Error
		stack        string
	}{
		{"module", "// one\nexport default function (d) {\n  throw new RangeError('no');\n}", execution.Error{Name: "RangeError", Message: "no", Line: 3, Column: 9}, "at default (script.js:3:9)"},
		{"TypeScript", "type A = {\n  b: number\n}\ninterface B {}\nfunction inner(a: A) {\n  /* çãé😀 */ return nope(a);\n}\nexport function process(d: A): B {\n  return inner(d);\n}", execution.Error{Name: "ReferenceError", Message: "nope is not defined", Line: 6, Column: 21}, "at inner (script.js:6:21)\nat process (script.js:9:10)"},
		{"async generator", "async function* g() {\n  yield 1;\n  throw new Error('late');\n}\nasync function process() {\n  for await (const x of g()) ;\n}", execution.Error{Name: "Error", Message: "late", Line: 3, Column: 9}, ""},
		{"for await", "async function process(d) {\n  for await (const x of [1])\n    null.x;\n}", execution.Error{Name: "TypeError", Message: "Cannot read property 'x' of undefined", Line: 3, Column: 10}, ""},
		{"load", "const x: number = 1;\nconst y = x.z.w;\nexport default () => y", execution.Error{Name: "TypeError", Message: "Cannot read property 'w' of undefined", Line: 2, Column: 15}, ""},
		{"thrown value", "export default (d: any) => {\n  throw { code: d };\n}", execution.Error{Message: "the script threw an object: { code: {} }", Line: 2, Column: 3}, ""},
		{"carriage returns", "type A = 1;\r\nexport default (d: A) => {\r\n  throw new Error('x');\r\n}", execution.Error{Name: "Error", Message: "x", Line: 3, Column: 9}, ""},
		{"own source map", "export default d => {\n  throw new Error('x') }\n//# sourceMappingURL=data:application/json;base64,eyJ2ZXJzaW9uIjozLCJzb3VyY2VzIjpbIngiXSwibmFtZXMiOltdLCJtYXBwaW5ncyI6IkFBQUE7QUFBQTtBQUFBIn0=", execution.Error{Name: "Error", Message: "x", Line: 2, Column: 9}, ""},

		{"syntax of a module", "export default function (d) {\n  return d +;\n}", execution.Error{Name: "SyntaxError", Message: "Unexpected \";\"", Line: 2, Column: 13}, ""},
		{"syntax of TypeScript", "interface A { b: number }\nfunction process(d: A): A {\n  return d +;\n}", execution.Error{Name: "SyntaxError", Message: "Unexpected \";\"", Line: 3, Column: 13}, ""},
		{"syntax of a plain script", "function process(d) {\n  return d +;\n}", execution.Error{Name: "SyntaxError", Message: "Unexpected token ;", Line: 2, Column: 13}, ""},
		{"syntax below an async generator", "async function* g() {}\nfunction process(d) {\n  /* é */ let x = ;\n}", execution.Error{Name: "SyntaxError", Message: "Unexpected token ;", Line: 3, Column: 19}, ""},
		{"declared twice in a module", "export let a = 1;\nlet a = 2;", execution.Error{Name: "SyntaxError", Message: "The symbol \"a\" has already been declared", Line: 2, Column: 5}, ""},
		{"import", "import fs from 'fs';\nexport default () => fs.readFileSync('/etc/passwd')", execution.Error{Name: "TypeError", Message: "Cannot import \"fs\": a script is one file: there are no modules to import or require", Line: 1, Column: 16}, ""},
		{"import for its effect", "\nimport './x.js';\nexport default () => 1", execution.Error{Name: "TypeError", Message: "Cannot import \"./x.js\": a script is one file: there are no modules to import or require", Line: 2, Column: 8}, ""},
		{"require in a module", "export default () => 1;\nrequire('fs')", execution.Error{Name: "TypeError", Message: "Cannot import \"fs\": a script is one file: there are no modules to import or require", Line: 2, Column: 1}, ""},
		{"import()", "async function process() {\n  await import('fs');\n}", execution.Error{Name: "ReferenceError", Message: "require is not defined; a script is one file: there are no modules to import or require", Line: 2, Column: 9}, ""},
		{"re-export", "export * from 'fs'", execution.Error{Name: "TypeError", Message: "Cannot import \"fs\": a script is one file: there are no modules to import or require", Line: 1, Column: 15}, ""},
		{"await at the top", "const x = await 1;\nexport default () => x", execution.Error{Name: "SyntaxError", Message: "await works only within an async function; process may be one", Line: 1, Column: 11}, ""},
		{"exports nothing", "function process(d) { return d }\nexport const x = 1", execution.Error{Name: "TypeError", Message: "the module exports no function to call; export one: export default function (data) { return data; }"}, ""},
		{"exports a number", "export default 5", execution.Error{Name: "TypeError", Message: "default is a number; it must be a function that takes the data and returns the result"}, ""},
		{"flag d", "function process() {\n  return /a/d }", execution.Error{Name: "SyntaxError", Message: "Invalid flags supplied to RegExp constructor 'd'", Line: 2, Column: 10}, ""},
		{"JSX", "export default () => <b>x</b>", execution.Error{Name: "SyntaxError"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := execute(t, pool, c.source, "{}")
			if o.Err == nil {
				t.Fatalf("no error; output %s", o.Output)
			}
			got := *o.Err
			if c.stack != "" && got.Stack != c.stack {
				t.Errorf("stack\n%s\nwant\n%s", got.Stack, c.stack)
			}
			if strings.Contains(got.Stack, "__") {
				t.Errorf("the stack shows what lowering added:\n%s", got.Stack)
			}
			if c.want.Message == "" {
				got.Message, got.Line, got.Column = "", 0, 0
			}
			got.Stack, c.want.Kind = "", execution.ScriptError
			if got != c.want {
				t.Errorf("\ngot  %+v\nwant %+v", got, c.want)
			}
		})
	}
}
