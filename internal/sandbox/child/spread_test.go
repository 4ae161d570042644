package child

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"peneira/internal/sandbox/wire"
)

// spreadBodies are bodies of process whose literals are rewritten, in every way that could tell.
var spreadBodies = map[string]string{
	"added":            `return data.map(r => ({...r, total: r.a + 1}))`,
	"replaced":         `return data.map(r => ({...r, a: r.a + 1}))`,
	"both":             `return data.map(r => ({...r, z: 1, a: 2, y: 3}))`,
	"none added":       `return data.map(r => ({...r}))`,
	"shorthand":        `return data.map(r => { const a = 5, q = 6; return {...r, a, q}; })`,
	"text as name":     `return data.map(r => ({...r, "a name": 1, 'é': 2}))`,
	"nested":           `return data.map(r => ({...r, inner: {...r, more: {...r, b: 0}}}))`,
	"same site within": `const f = (r, n) => ({...r, n, next: n ? f({...r, x: n}, n - 1) : null}); return data.map(r => f(r, 3))`,
	"shapes by turns":  `return [{a: 1}, {b: 2}, {a: 3, b: 4}, {b: 5, a: 6}, {a: 7}].map(r => ({...r, a: 0, c: 1}))`,
	"other each time":  `let n = 0; const f = () => ({...{["k" + n++ % 2]: n}, x: n < 9 ? f() : 0}); return f()`,
	"copied before":    `return data.map(r => ({...r, n: r.a = 99, m: delete r.b}))`,
	"order of effects": `const log = []; const r = {get a() { log.push("a"); return 1; }, b: 2}; const o = {...r, c: log.push("c"), d: log.push("d")}; return [o, log]`,
	"identity":         `return data.map(r => { const o = {...r, a: 1}; return [o !== r, Object.getPrototypeOf(o) === Object.prototype]; })`,
	"later changes":    `return data.map(r => { const o = {...r, t: 1}; o.u = 2; delete o.a; o.a = 3; r.v = 4; return [o, r, Object.keys(o), {...r, w: 1}]; })`,
	"descriptors":      `return data.map(r => Object.getOwnPropertyDescriptors({...r, t: 1}))`,
	"frozen":           `return data.map(r => ({...Object.freeze(r), a: 1, z: 2}))`,
	"hidden":           `return data.map(r => { Object.defineProperty(r, "a", {enumerable: false}); return {...r, z: 2}; })`,
	"symbols":          `const s = Symbol("s"); return data.map(r => { r[s] = 1; const o = {...r, z: 2}; return [o, o[s]]; })`,
	"integers":         `return data.map(r => ({...{b: 1, 3: 2, 1: 3, ...r}, z: 2}))`,
	"integers in file": `return [JSON.parse('{"b":1,"2":2,"1":3}')].map(r => ({...r, z: 2}))`,
	"integer added":    `return data.map(r => ({...r, 1: 2, b: 3}))`,
	"proto added":      `return data.map(r => { const o = {...r, __proto__: {x: 1}}; return [o, o.x]; })`,
	"proto copied":     `return [JSON.parse('{"__proto__": 1, "a": 2}')].map(r => { const o = {...r, z: 1}; return [o, Object.keys(o)]; })`,
	"function added":   `const o = {...data[0], f: () => 1, g: function () {}, h: class {}}; return [o.f.name, o.g.name, o.h.name]`,
	"method added":     `const o = {...data[0], f() { return 1; }, get g() { return 2; }}; return [o.f(), o.g]`,
	"computed":         `return data.map(r => ({...r, ["x" + 1]: 1, z: 2}))`,
	"two spreads":      `return data.map(r => ({...r, a: 1, ...{b: 2, c: 3}}))`,
	"not first":        `return data.map(r => ({x: 1, ...r, a: 1}))`,
	"twice":            `return data.map(r => ({...r, t: 1, t: 2}))`,
	"what is nothing":  `return [{...null, a: 1}, {...undefined, b: 2}, {...5, c: 3}, {..."xyz", d: 4}, {...[7, 8], e: 5}, {...true}, {...Symbol(), f: 1}]`,
	"Proxy":            `const log = []; const p = new Proxy({a: 1, b: 2}, {ownKeys: t => (log.push("k"), Reflect.ownKeys(t)), get: (t, k) => (log.push(k), t[k])}); return [{...p, b: 3, c: 4}, log]`,
	"Date and Map":     `return [{...new Date(0), a: 1}, {...new Map([[1, 2]]), a: 1}, {...function f() {}, a: 1}, {.../x/g, a: 1}, {...new Error("e"), a: 1}]`,
	"class":            `class A { x = 1; #y = 2; get z() { return 3; } } return {...new A(), z: 4}`,
	"arguments":        `return (function () { return {...arguments, z: 1}; })(1, 2)`,
	"polluted":         `Object.defineProperty(Object.prototype, "t", {set() { throw 1; }, get: () => 5, configurable: true}); try { return data.map(r => ({...r, t: 1})); } finally { delete Object.prototype.t; }`,
	"getter throws":    `return {...{get a() { throw new RangeError("no"); }}, b: 1}`,
	"value throws":     `const o = []; try { o.push({...data[0], b: null.x}); } catch (e) { o.push(e.message, {...data[0], b: 1}); } return o`,
	"generator":        `function* g(r) { return {...r, a: yield 1, b: yield 2}; } const i = g(data[0]); return [i.next(), i.next(7), {...data[1]}, i.next(8)]`,
	"default value":    `const f = (a = {...data[0], x: 1}, {b} = {...a, b: 2}) => [a, b]; return f()`,
	"rest and pattern": `const {a, ...rest} = data[0]; let c; ({a: c, ...data[1]} = data[2]); return [rest, c, data[1], {...rest, a}]`,
	"names of ours":    `return Object.getOwnPropertyNames(globalThis).filter(n => /member/i.test(n)).concat(data.map(r => typeof {...r, copyMembers: 1}))`,
	"with":             `const seen = []; const p = new Proxy({}, {has: (t, k) => (seen.push(String(k)), false)}); with (p) { data = {...data[0], z: 1}; } return [data, seen]`,
	"many":             `const o = {}; for (let i = 0; i < 40; i++) o["k" + i] = i; return [{...o, a: 1}, {...data[0], a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8}]`,
	"widening":         `let o = {a: 0}; const all = []; for (let i = 0; i < 20; i++) { o = {...o, ["k" + i]: i}; all.push({...o, last: i}); } return all`,
	"kept and grown":   `const all = []; for (let i = 0; i < 50; i++) all.push({...data[i % 3], n: i}); all.forEach((o, i) => { for (let j = 0; j < i; j++) o["x" + j] = j; }); return all`,
	"sealed result":    `return data.map(r => { "use strict"; const o = Object.freeze({...r, t: 1}); try { o.t = 2; } catch (e) { return e.name; } return o; })`,
	"JSON of result":   `return data.map(r => JSON.stringify({...r, toJSON: undefined, t: undefined}))`,
}

// TestSpreadIsTheEngines compares a body whose literals are rewritten with the same as the text of a function that the
// script makes while it runs, where they are the engine's.
func TestSpreadIsTheEngines(t *testing.T) {
	t.Parallel()
	const input = `[{"a":1,"b":"x"},{"a":2,"b":"é","c":null,"d":1.5,"e":[1],"f":{},"g":true,"h":0},{"a":3,"b":"y"}]`
	for name, body := range spreadBodies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			ours := outcomeOf("function process(data) { "+body+" }", input)
			engines := outcomeOf("const call = new Function('data', "+string(text)+"); function process(data) { return call(data); }", input)
			if ours != engines {
				t.Errorf("rewritten:\n%s\nthe engine:\n%s", ours, engines)
			}
		})
	}
}

// failureOf runs a script and returns what it threw, or nil.
func failureOf(source, input string) *wire.Failure { return carryOut(source, input).failure }

func carryOut(source, input string) answer {
	p := compile(hashOf(source), source)
	r := newRun(wire.Task{Time: time.Minute, OutputBytes: 1 << 20, LogBytes: 1 << 10, ErrorBytes: 1 << 10, CallDepth: 1000}, []byte(input), nil)
	r.compile = func() *program { return p }
	return r.carryOut()
}

// outcomeOf runs a script and tells its result or what it threw.
func outcomeOf(source, input string) string {
	a := carryOut(source, input)
	if a.failure != nil {
		return a.failure.Name + ": " + a.failure.Message
	}
	return string(bytes.Join(a.output, nil))
}

func TestSpreadsAreRewritten(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]int{
		"return {...data, a: 1}":                    1,
		"return {...data, f() {}}":                  0,
		"return {a: 1, ...data}":                    0,
		"return [{...data}, {...{...data, b}, c}]":  3,
		"with (data) { return {...data, a: 1}; }":   0,
		"return f({...data, a: {...data, b: '' }})": 2,
	} {
		source := "function process(data) { " + body + " }"
		if p := compile(hashOf(source), source); p.failure != nil || len(p.spreads) != want {
			t.Errorf("%s: %d literals, %v; want %d", body, len(p.spreads), p.failure, want)
		}
	}
}

// TestSpreadTellsWhere holds that an error in what is rewritten is where it was.
func TestSpreadTellsWhere(t *testing.T) {
	t.Parallel()
	source := "function process(data) {\n  const r = { get a() { throw new TypeError('no'); } };\n  return {\n    ...r,\n    b: 1 };\n}"
	p := compile(hashOf(source), source)
	r := newRun(wire.Task{Time: time.Minute, OutputBytes: 1 << 20, LogBytes: 1 << 10, ErrorBytes: 1 << 10, CallDepth: 1000}, []byte("1"), nil)
	r.compile = func() *program { return p }
	f := r.carryOut().failure
	if f == nil || f.Line != 2 || strings.Contains(f.Stack, "native") || strings.Contains(f.Stack, "spread") {
		t.Fatalf("got %+v", f)
	}
	if !strings.Contains(f.Stack, "process") {
		t.Errorf("the stack does not name the caller: %q", f.Stack)
	}
}
