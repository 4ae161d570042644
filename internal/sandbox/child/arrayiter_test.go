package child

import (
	"strings"
	"testing"
)

// loopBodies are bodies of process that loop over arrays, in every way that could tell.
var loopBodies = map[string]string{
	"for of":           `const all = []; for (const x of data) all.push(x); return all`,
	"steps":            `const i = data[Symbol.iterator](); return [1, 2, 3, 4, 5, 6, 7].map(() => i.next())`,
	"kept steps":       `const i = data.values(), a = i.next(), b = i.next(); a.value = 9; a.more = 1; delete b.done; return [a, b, Object.keys(a), Object.getOwnPropertyDescriptors(i.next())]`,
	"keys, entries":    `return [[...data.keys()], [...data.entries()], [...data.values()]]`,
	"holes":            `const all = []; for (const x of [1, , 3]) all.push(x === undefined ? "hole" : x); return all`,
	"inherited holes":  `Array.prototype[1] = "p"; try { const all = []; for (const x of [1, , 3]) all.push(x); return all; } finally { delete Array.prototype[1]; }`,
	"growing":          `const a = [1]; for (const x of a) if (x < 50) a.push(x + 1); return a`,
	"shrinking":        `const a = [1, 2, 3, 4], all = []; for (const x of a) { all.push(x); a.pop(); } return all`,
	"length":           `const a = [1, 2, 3], all = []; a.length = 5; for (const x of a) all.push(x ?? null); a.length = 1; for (const x of a) all.push(x); return all`,
	"sparse":           `const a = []; a[100000] = 1; let n = 0; for (const x of a) n++; return n`,
	"getters":          `const a = [1, 2, 3]; Object.defineProperty(a, 1, {get: () => "got"}); const all = []; for (const x of a) all.push(x); return all`,
	"frozen":           `const all = []; for (const x of Object.freeze(data)) all.push(x); return all`,
	"others":           `const all = []; for (const x of new Uint8Array([1, 2])) all.push(x); for (const x of "aé😀") all.push(x); for (const [k, v] of new Map([[1, 2]])) all.push(k, v); for (const x of new Set([5])) all.push(x); return all`,
	"arguments":        `return (function () { const all = []; for (const x of arguments) all.push(x); return all; })(1, 2)`,
	"array-like":       `const i = Array.prototype.values.call({length: 2, 0: "a", 1: "b"}); return [...i]`,
	"Proxy":            `const log = []; for (const x of new Proxy([1, 2], {get: (t, k) => (log.push(String(k)), t[k])})) log.push(x); return log`,
	"subclass":         `class A extends Array {} const all = []; for (const x of A.from(data)) all.push(x); return all`,
	"break, return":    `let n = 0; outer: for (const x of data) { for (const y of data) { if (++n > 3) break outer; } } return n`,
	"destructuring":    `const [a, , b = 3, ...rest] = data; return [a, b, rest, Math.max(...[1, 2]), new Set(data).size]`,
	"next replaced":    `const P = Object.getPrototypeOf([].values()), next = P.next; let n = 0; P.next = function () { n++; return next.call(this); }; for (const x of data) ; P.next = next; return n`,
	"next as it was":   `const next = [].values().next; return [next.name, next.length, String(next), Object.keys(next), typeof next.prototype]`,
	"wrong receiver":   `const next = [].values().next; const say = x => { try { return next.call(x); } catch (e) { return e.message; } }; return [say({}), say(1), say(undefined), say(new Map().values()), say(Object.create([].values()))]`,
	"done for good":    `const a = [1], i = a.values(), first = i.next(), end = i.next(); a.push(2); return [first, end, i.next()]`,
	"yield star":       `function* g() { yield* data; yield* data.values(); } return [...g()]`,
	"nested":           `const all = []; for (const x of data) for (const y of data) { for (const z of [x, y]) all.push(z); if (all.length > 20) break; } return all`,
	"recursive":        `const walk = a => { let n = 0; for (const x of a) n += Array.isArray(x) ? walk(x) : 1; return n; }; return [walk(data), walk([data, [data, [data]]])]`,
	"not iterable":     `const all = []; for (const bad of [5, null, undefined, {}, {[Symbol.iterator]: 1}, {[Symbol.iterator]: () => 1}]) { try { for (const x of bad) ; } catch (e) { all.push(e.name + e.message); } } return all`,
	"iterator of own":  `const a = [1, 2, 3]; a[Symbol.iterator] = function* () { yield 9; }; const all = []; for (const x of a) all.push(x); return all`,
	"iterator of all":  `const was = Array.prototype[Symbol.iterator]; let n = 0; Array.prototype[Symbol.iterator] = function () { n++; return was.call(this); }; try { for (const x of data) ; return n; } finally { Array.prototype[Symbol.iterator] = was; }`,
	"iterator deleted": `const was = Array.prototype[Symbol.iterator]; delete Array.prototype[Symbol.iterator]; try { for (const x of data) ; return 1; } catch (e) { return e.message; } finally { Array.prototype[Symbol.iterator] = was; }`,
	"iterator getter":  `const was = Array.prototype[Symbol.iterator]; let n = 0; Object.defineProperty(Array.prototype, Symbol.iterator, {get() { n++; return was; }, configurable: true}); try { for (const x of data) ; return n; } finally { Object.defineProperty(Array.prototype, Symbol.iterator, {value: was, writable: true, configurable: true}); }`,
	"put back":         `const P = Object.getPrototypeOf([].values()), next = P.next; P.next = 1; P.next = next; const all = []; for (const x of data) all.push(x); return all`,
	"next within":      `const P = Object.getPrototypeOf([].values()), next = P.next, all = []; for (const x of data) { P.next = null; all.push(x); } P.next = next; return all`,
	"return of all":    `const P = Object.getPrototypeOf([].values()); let n = 0; P.return = function () { n++; return {}; }; try { for (const x of data) break; for (const x of data) ; return n; } finally { delete P.return; }`,
	"prototype":        `const a = Object.setPrototypeOf([1, 2], {[Symbol.iterator]: function* () { yield 8; }}), all = []; for (const x of a) all.push(x); Object.setPrototypeOf(a, null); try { for (const x of a) ; } catch (e) { all.push(e.message); } return all`,
	"generator":        `function* g() { for (const x of data) { const y = yield x; if (y) return y; } } const i = g(), k = g(); return [i.next(), k.next(), i.next(), k.next(), i.return(5), k.next(7)]`,
	"async":            `return (async () => { const all = []; for (const x of data) { await null; all.push(x); } return all; })()`,
	"two at once":      `const all = []; const one = async n => { for (const x of data) { await null; all.push(n, x); } }; return Promise.all([one(1), one(2)]).then(() => all)`,
	"closures":         `const all = []; for (const x of data) all.push(() => x); for (let x of [1, 2]) all.push(() => x++); return all.map(f => f())`,
	"targets":          `let a, o = {}; for (a of data) ; for (o.x of data) ; for ([o.y] of [[1], [2]]) ; for (const {three = 3} of [{}]) o.z = three; for (var v of data) ; return [a, o, v]`,
	"source once":      `let n = 0; const f = () => (n++, data); for (const x of f()) ; for (const x of (n++, data)) ; return n`,
	"loop's own name":  `const all = []; try { for (const x of x) ; } catch (e) { all.push(e.name, e.message); } { let data = 1; for (const y of [data]) all.push(y); } return all`,
	"labels":           `const all = []; a: for (const x of data) { for (const y of data) { if (y === "two") continue a; all.push([x, y]); } } return all`,
	"finally":          `const f = () => { for (const x of data) { try { return x; } finally { if (x === 1) continue; } } }; return f()`,
	"throwing":         `const all = []; try { for (const x of data) { all.push(x); if (all.length == 2) throw new Error("stop"); } } catch (e) { all.push(e.message); } return all`,
}

// TestLoopsAreTheEngines runs bodies with an input that is small, where the engine makes the steps, and the same with white
// space that makes it large.
func TestLoopsAreTheEngines(t *testing.T) {
	t.Parallel()
	const input = `[1,"two",{"three":3},null,[5]]`
	large := input + strings.Repeat(" ", largeInputBytes)
	for name, body := range loopBodies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := "function process(data) { " + body + " }"
			if ours, engines := outcomeOf(source, large), outcomeOf(source, input); ours != engines {
				t.Errorf("ours:\n%s\nthe engine:\n%s", ours, engines)
			}
		})
	}
}

// TestLoopsAreTheStandards runs what the engine does in another way than the standard: the members of its steps are set, not
// defined.
func TestLoopsAreTheStandards(t *testing.T) {
	t.Parallel()
	const source = `function process(data) {
  Object.defineProperty(Object.prototype, "value", {set() { throw 1; }, get: () => 5, configurable: true});
  try { const all = []; for (const x of data) all.push(x); return all; } finally { delete Object.prototype.value; }
}`
	const input = `[1,"two"]`
	if got := outcomeOf(source, input+strings.Repeat(" ", largeInputBytes)); got != input {
		t.Errorf("got %s", got)
	}
}
