package child

import (
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"unicode/utf8"

	"github.com/dop251/goja"

	"peneira/internal/rawjson"
)

// changes are what scripts do to the objects that they are given. Each is done to every object of an input.
var changes = []string{
	`for (const k of Object.keys(o)) { delete o[k]; break; }`,
	`o.added = 1;`,
	`Object.freeze(o); try { "use strict"; o.more = 1; o[0] = 1; } catch (e) {}`,
	`Object.seal(o); try { delete o.a; o.a = 7; } catch (e) {}`,
	`Object.preventExtensions(o); (function () { "use strict"; try { o.more = 1; } catch (e) { seen.push(e.name); } })();`,
	`try { Object.defineProperty(o, "a", { get() { return 42; }, enumerable: true, configurable: true }); } catch (e) { seen.push(e.name); }`,
	`try { o[Symbol.toStringTag] = "T"; } catch (e) {} seen.push(String(o));`,
	`if (!Array.isArray(o)) Object.setPrototypeOf(o, null);`,
	`try { Object.setPrototypeOf(o, { inherited: 1 }); for (const k in o) seen.push(k); } catch (e) { seen.push(e.name); }`,
	`const c = Object.assign({}, o); c.z = 1; seen.push(dump(c));`,
	`const c = { ...o, total: 1 }; delete c.a; seen.push(dump(c));`,
	`for (const k in o) { delete o[k]; o.later = 1; }`,
	`o[7] = 7; o["10"] = 10; o[3] = 3; o["-1"] = 0;`,
	`o["__proto__"] = { p: 1 }; seen.push(o.p);`,
	`if (Array.isArray(o)) { for (let i = 0; i < 12; i++) o["p" + i] = i; delete o.p3; seen.push(Object.keys(o).join(), Object.getOwnPropertyNames(o).join()); }`,
	`if (Array.isArray(o)) { Object.defineProperty(o, "length", { writable: false }); (function () { "use strict"; try { o.push(1); } catch (e) { seen.push(e.name); } })(); seen.push(dump(Object.getOwnPropertyDescriptor(o, "length")), delete o.length); }`,
	`if (Array.isArray(o)) { const p = Object.getPrototypeOf(o); Object.setPrototypeOf(o, { __proto__: p, own: 1 }); seen.push(o.own, Array.isArray(o), o.concat(o).length, dump(o.slice())); o[Symbol.isConcatSpreadable] = false; seen.push([].concat(o).length); }`,
	`if (Array.isArray(o)) { o.push(1); o.unshift(2); o.splice(1, 1); o.reverse(); o.length = Math.max(0, o.length - 1); o[o.length + 2] = 9; }`,
	`try { Object.defineProperty(o, "a", { enumerable: false, value: 3 }); } catch (e) { seen.push(e.name); }`,
	`for (const k in o) o[k] = typeof o[k];`,
	`const m = new Map([[o, 1]]); const w = new WeakMap([[o, 2]]); const s = new WeakSet([o]); seen.push(m.get(o), w.get(o), s.has(o), o === o, [o].indexOf(o), [o].includes(o));`,
	`class A { constructor(x) { return x; } } class B extends A { #p = 5; static get(x) { return x.#p; } } try { new B(o); seen.push(B.get(o)); } catch (e) { seen.push(e.name); }`,
	`for (const k of Object.keys(o)) delete o[k]; o.b = 1; o.a = 2;`,
	`seen.push("a" in o, "toString" in o, Object.prototype.hasOwnProperty.call(o, "a"), o instanceof Object, Object.entries(o).length, Object.values(o).map(x => typeof x).join());`,
	`Object.defineProperty(Object.prototype, "a", { set(x) { seen.push("set"); }, get() { return 1; }, configurable: true }); o.a = 5; seen.push(o.a); delete Object.prototype.a;`,
	`const { a, ...rest } = o; seen.push(dump(rest), dump(a)); const p = Object.create(o); p.a = 1; seen.push(dump(o), Object.keys(p).join());`,
	`for (let i = 0; i < 20; i++) o["k" + i] = i; for (let i = 0; i < 20; i += 2) delete o["k" + i];`,
	`try { Object.freeze(o); Object.assign(o, { a: 1 }); } catch (e) { seen.push(e.name); }`,
	`try { o.sort && o.sort(); seen.push(Reflect.ownKeys(o).join(), Reflect.set(o, "a", 1), Reflect.deleteProperty(o, "b"), Reflect.defineProperty(o, "q", { value: 1 })); } catch (e) { seen.push(e.name); }`,
}

// observer is a script that tells all that can be seen of a value.
const observer = `
const seen = [];
function dump(v, met = []) {
  if (typeof v !== "object" || v === null) return typeof v + ":" + (Object.is(v, -0) ? "-0" : typeof v === "string" ? JSON.stringify(v) : String(v));
  if (met.includes(v)) return "#" + met.indexOf(v);
  met.push(v);
  const proto = Object.getPrototypeOf(v);
  let s = (Array.isArray(v) ? "[" : "{") + (Object.isExtensible(v) ? "e" : "") + (Object.isFrozen(v) ? "f" : "") + (Object.isSealed(v) ? "s" : "");
  s += proto === null ? "null" : proto === Object.prototype ? "O" : proto === Array.prototype ? "A" : "?" + dump(proto, met);
  for (const k of Reflect.ownKeys(v)) {
    const d = Object.getOwnPropertyDescriptor(v, k);
    s += " " + (typeof k === "string" ? JSON.stringify(k) : String(k)) + (d.writable ? "w" : "") + (d.enumerable ? "e" : "") + (d.configurable ? "c" : "");
    s += d.get ? "get" : dump(d.value, met);
    if (d.writable && v[k] !== d.value && d.value === d.value) s += "!";
  }
  for (const k in v) s += ";" + k;
  return s + "," + Object.keys(v) + "}";
}
function each(v, f) {
  if (typeof v !== "object" || v === null) return;
  for (const k of Object.keys(v)) each(v[k], f);
  f(v);
}
function observe(v, changes) {
  seen.push(dump(v));
  for (const change of changes) {
    const f = new Function("o", "seen", "dump", change);
    each(v, o => { try { f(o, seen, dump); } catch (e) { seen.push(e.name); } });
  }
  return seen.join("\n") + dump(v);
}`

// compareReaders checks that the reader and JSON.parse make the same of a text, after those of the changes whose bits are
// set. They may differ only where the engine is known to be wrong: lone surrogates and numbers beyond the range.
func compareReaders(t *testing.T, text string, which uint64) {
	t.Helper()
	info, invalid := rawjson.Inspect([]byte(text), rawjson.MaxDepth)
	vm := goja.New()
	got, err := readJSON(vm, text, new(atomic.Bool))
	if invalid != nil {
		if err == nil && utf8.ValidString(text) && !strings.Contains(invalid.Error(), "deep") {
			t.Fatalf("%q was read; it is not JSON: %v", text, invalid)
		}
		return
	}
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	other := goja.New()
	want, err := parse(t, other, text)
	if err != nil || info.LoneSurrogates {
		return // a number beyond the range, which the tests of it cover
	}
	g, w := observe(t, vm, got, which), observe(t, other, want, which)
	if g != w {
		t.Fatalf("%q with changes %b:\ngot  %s\nwant %s", text, which, g, w)
	}
}

// observe changes a value and tells all that can be seen of it.
func observe(t *testing.T, vm *goja.Runtime, v goja.Value, which uint64) string {
	t.Helper()
	if _, err := vm.RunString(observer); err != nil {
		t.Fatal(err)
	}
	call, _ := goja.AssertFunction(vm.Get("observe"))
	var chosen []any
	for i, change := range changes {
		if which&(1<<i) != 0 {
			chosen = append(chosen, change)
		}
	}
	out, err := call(goja.Undefined(), v, vm.NewArray(chosen...))
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// FuzzReadJSON compares the reader with JSON.parse on any text, and after any changes.
func FuzzReadJSON(f *testing.F) {
	for i, seed := range seeds(f, "read") {
		f.Add(seed, uint64(1)<<(i%len(changes)))
	}
	f.Fuzz(func(t *testing.T, text string, which uint64) {
		if len(text) > 2000 {
			t.Skip()
		}
		compareReaders(t, text, which)
	})
}

// seeds returns the lines of a file of testdata.
func seeds(t testing.TB, name string) []string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(b)) {
		lines = append(lines, strings.TrimSuffix(line, "\n"))
	}
	return lines
}
