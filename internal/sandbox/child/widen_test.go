package child

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// widenBodies are bodies of process that give rows of eight members more, in every way that could tell. dump tells all of an
// object.
var widenBodies = map[string]string{
	"one":          `for (const r of data) { r.total = r.a + r.b; } return data.map(dump)`,
	"many":         `for (const r of data) { r.i = 1; r.j = 2; for (let k = 0; k < 30; k++) r["k" + k] = k; r.l = 3; } return data.map(dump)`,
	"there":        `for (const r of data) { r.a = 5; r.h = r.a; } return data.map(dump)`,
	"some":         `let n = 0; for (const r of data) { if (n++ % 2) r.total = n; } return data.map(dump)`,
	"others":       `let n = 0; for (const r of data) { if (n++ % 2) r.x = n; else r.y = n; r.z = n; } return data.map(dump)`,
	"deleted":      `for (const r of data) { r.i = 1; delete r.a; delete r.i; r.j = 2; r.a = 3; } return data.map(dump)`,
	"frozen":       `const all = []; for (const r of data) { Object.freeze(r); try { (function () { "use strict"; r.i = 1; })(); } catch (e) { all.push(e.message); } r.j = 2; } return all.concat(data.map(dump))`,
	"sealed":       `for (const r of data) { Object.seal(r); r.i = 1; r.a = 2; } return data.map(dump)`,
	"not written":  `Object.defineProperty(Object.prototype, "i", {configurable: true, writable: false, value: 0}); for (const r of data) { r.i = 1; r.j = 2; } delete Object.prototype.i; for (const r of data) r.k = 1; return data.map(dump)`,
	"setters":      `const seen = []; Object.defineProperty(Object.prototype, "i", {configurable: true, set(x) { seen.push(x); }}); for (const r of data) { r.i = 1; r.j = 2; } delete Object.prototype.i; return [seen, data.map(dump)]`,
	"prototype":    `for (const r of data) { Object.setPrototypeOf(r, {set i(x) { this.j = x; }}); r.i = 1; r.__proto__ = null; r.k = 2; } return data.map(dump)`,
	"own getters":  `for (const r of data) { Object.defineProperty(r, "a", {get: () => 9, enumerable: true, configurable: true}); r.i = 1; } return data.map(dump)`,
	"hidden":       `for (const r of data) { Object.defineProperty(r, "a", {enumerable: false}); r.i = 1; r.j = 2; } return data.map(dump)`,
	"symbols":      `const s = Symbol("s"); for (const r of data) { r[s] = 1; r.i = 2; r[s]++; } return data.map(r => [dump(r), r[s]])`,
	"copies":       `const all = []; for (const r of data) { const c = {...r}, d = Object.assign({}, r); c.i = 1; d.j = 2; r.k = 3; all.push(c, d); } return all.concat(data).map(dump)`,
	"in order":     `for (const r of data) { r[3] = 1; r.i = 2; r[1] = 3; } return data.map(dump)`,
	"while read":   `const all = []; for (const r of data) { for (const k in r) { all.push(k); r.i = 1; delete r.c; } } return [all, data.map(dump)]`,
	"value first":  `const log = []; let r = data[0]; r.i = (r = data[1], log.push(1), 5); return [log, data.map(dump)]`,
	"value throws": `for (const r of data) { try { r.i = null.x; } catch (e) { r.j = e.message; } } return data.map(dump)`,
	"nothing":      `const all = []; for (const r of [null, undefined, 1, "s", true, data]) { try { r.i = 1; all.push(typeof r); } catch (e) { all.push(e.name, e.message); } } return [all, data.i]`,
	"undeclared":   `try { nowhere.i = 1; } catch (e) { return e.message; }`,
	"value of":     `let x; for (const r of data) { x = r.i = r.j = 7; } return [x, data.map(dump)]`,
	"functions":    `const f = function () {}; f.i = 1; class A { constructor() { const me = this; me.i = 1; } } const o = new A(); o.j = 2; return [f.i, dump(o)]`,
	"Proxy":        `const log = []; const p = new Proxy(data[0], {set: (t, k, v) => (log.push(k), t[k] = v, true)}); p.i = 1; return [log, dump(data[0])]`,
	"shapes":       `const all = []; for (let n = 0; n < 200; n++) { const r = {}; for (let k = 0; k < 8; k++) r["k" + (n + k)] = k; all.push(r); } const rows = JSON.parse(JSON.stringify(all)); for (const r of all.concat(rows)) r.total = 1; return all.concat(rows).map(dump)`,
	"keys":         `for (const r of data) { r.i = 1; } return data.map(r => [Object.keys(r), Object.entries(r).length, "i" in r, "z" in r, r.hasOwnProperty("h"), JSON.stringify(r)])`,
	"spread":       `return data.map(r => { const c = {...r, i: 1}; c.j = 2; c.a = 3; return dump(c); })`,
}

// TestRowsAreWidenedUnseen runs bodies with an input that is small, where every assignment is the engine's, and the same with
// white space that makes it large.
func TestRowsAreWidenedUnseen(t *testing.T) {
	t.Parallel()
	if !widensMaps {
		t.Error("this version of Go lays tables of maps out in another way: see layoutVersion")
	}
	const row = `{"a":1,"b":2,"c":"c","d":null,"e":[1],"f":{},"g":true,"h":0.5}`
	const input = "[" + row + "," + row + "," + row + `,{"a":1},` + row + `,{"h":1,"g":2,"f":3,"e":4,"d":5,"c":6,"b":7,"a":8},` + row + "]"
	const dump = "const dump = o => [Object.entries(Object.getOwnPropertyDescriptors(o)), Object.getPrototypeOf(o) === Object.prototype, Object.isExtensible(o)];"
	large := input + strings.Repeat(" ", largeInputBytes)
	for name, body := range widenBodies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := dump + "function process(data) { " + body + " }"
			if ours, engines := outcomeOf(source, large), outcomeOf(source, input); ours != engines {
				t.Errorf("ours:\n%s\nthe engine:\n%s", ours, engines)
			}
		})
	}
}

// TestRowsAreWidened holds that a row of the reader's gets its room, and only when it needs it.
func TestRowsAreWidened(t *testing.T) {
	t.Parallel()
	const row = `{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8}`
	vm := goja.New()
	read, err := readJSON(vm, "["+row+","+row+","+row+"]", new(atomic.Bool))
	if err != nil {
		t.Fatal(err)
	}
	w := newWidener([]unistring.String{"i", "a"})
	rows, _ := read.(*goja.Object)
	for i, value := range arrayOf(rows).values {
		o, _ := value.(*goja.Object)
		for site, want := range []int{1, 0} { // the first assignment adds a member, the second does not
			site = 1 - site
			if got := w.roomFor(goja.FunctionCall{Arguments: []goja.Value{o, vm.ToValue(site)}}); got != value {
				t.Fatal("another object")
			}
			if tables := headerOf(baseOf(o).values).tables; tables != 1-want {
				t.Errorf("row %d, assignment %d: %d tables", i, site, tables)
			}
		}
		names := baseOf(o).propNames
		if err := o.Set("i", 9); err != nil || &baseOf(o).propNames[0] != &names[0] || headerOf(baseOf(o).values).used != 9 {
			t.Error("the member did not take the room", err)
		}
	}
}
