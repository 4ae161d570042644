package child

import (
	"strings"
	"testing"
)

// sortBodies are bodies of process that sort, in every way that could tell.
var sortBodies = map[string]string{
	"numbers":       `const a = Array.from({length: 500}, (_, i) => i * 7919 % 503); return [a.sort((x, y) => x - y), a.sort((x, y) => y - x)]`,
	"stable":        `const a = Array.from({length: 500}, (_, i) => [i * 7919 % 5, i]); return [a.toSorted((x, y) => x[0] - y[0]), a.sort((x, y) => y[0] - x[0])]`,
	"runs":          `const a = Array.from({length: 400}, (_, i) => i % 100); const b = Array.from({length: 400}, (_, i) => 400 - i); const c = Array.from({length: 400}, (_, i) => i < 300 ? 5 : i); return [a, b, c].map(x => x.sort((p, q) => p - q))`,
	"lengths":       `return Array.from({length: 70}, (_, n) => Array.from({length: n}, (_, i) => i * 37 % 11).sort((x, y) => x - y))`,
	"none, one":     `let n = 0; const f = () => n++; return [[].sort(f), [1].sort(f), n]`,
	"undefined":     `const a = [3, undefined, 1, undefined, 2, null]; return [a.sort((x, y) => x - y).map(x => x === undefined ? "u" : x), a.length, a.toSorted((x, y) => y - x).map(String)]`,
	"holes":         `const a = [3, , 1]; const b = a.toSorted((x, y) => x - y); a.sort((x, y) => x - y); return [a.length, 2 in a, Object.keys(a), 2 in b, b.map(String)]`,
	"no function":   `return [data.slice().sort(), ["b", undefined, "a"].sort(undefined), [10, 9, 1].sort()]`,
	"wrong":         `const all = []; for (const f of [null, 5, "x", {}, []]) { try { [1, 2].sort(f); } catch (e) { all.push(e.name + e.message); } try { [1, 2].toSorted(f); } catch (e) { all.push(e.name + e.message); } } return all`,
	"what it says":  `return [true, false, null, undefined, "1", "-1", "x", {valueOf: () => -1}, -Infinity, [-1], NaN, 0].map(v => [3, 1, 2].sort(() => v))`,
	"cannot say":    `const all = []; for (const v of [Symbol("s"), 1n, {valueOf() { throw new RangeError("no"); }}]) { try { [2, 1].sort(() => v); } catch (e) { all.push(e.name); } } return all`,
	"throws":        `let n = 0; try { [3, 2, 1, 0].sort(() => { if (n++ == 1) throw new RangeError("stop"); return 1; }); } catch (e) { return e.message; }`,
	"functions":     `const a = () => [3, 1, 2]; class C { static by(x, y) { return x - y; } } return [a().sort(C.by), a().sort(function (x, y) { return y - x; }), a().sort({by(x, y) { return x - y; }}.by), a().sort(((k, x, y) => k * (x - y)).bind(null, -1)), a().sort(new Proxy((x, y) => x - y, {})), a().sort(Math.max), a().sort(async () => -1), a().sort(function* () {})]`,
	"receiver":      `"use strict"; let self = 0; [2, 1].sort(function () { self = this; return 0; }); return self === undefined`,
	"receiver 2":    `let self = 0; [2, 1].sort(function () { self = this; return 0; }); return self === globalThis`,
	"arguments":     `const seen = []; [2, 1, 3].sort(function () { seen.push(arguments.length); const a = arguments; setLater.push(a); return a[0] - a[1]; }); return [seen.every(n => n === 2), setLater.every(a => a[0] !== a[1])]; var setLater = globalThis.setLater ??= [];`,
	"rest":          `const all = []; [3, 1, 2].sort((...a) => { all.push(a); return a[0] - a[1]; }); return [all.every(a => a.length === 2 && a[0] !== a[1]), new Set(all).size === all.length]`,
	"returns":       `const a = [2, 1], f = (x, y) => x - y; return [a.sort(f) === a, a.toSorted(f) === a, Array.isArray(a.toSorted(f))]`,
	"array-likes":   `return [Array.prototype.sort.call({length: 3, 0: 3, 1: 1, 2: 2}, (x, y) => x - y), Array.prototype.toSorted.call({length: 2, 0: 3, 1: 1}, (x, y) => x - y), new Uint8Array([3, 1, 2]).sort((x, y) => y - x), Array.prototype.sort.call(new Proxy([2, 1], {}), (x, y) => x - y)]`,
	"subclass":      `class A extends Array {} const a = A.from([3, 1, 2]); return [a.sort((x, y) => x - y) instanceof A, a, a.toSorted((x, y) => y - x) instanceof A]`,
	"frozen":        `const all = []; for (const f of [Object.freeze, Object.seal, Object.preventExtensions]) { const a = f([2, 1]); try { a.sort((x, y) => x - y); all.push(a); } catch (e) { all.push(e.name, a); } } return all`,
	"getters":       `const a = [2, 1]; Object.defineProperty(a, 0, {get: () => 5, set() {}, configurable: true, enumerable: true}); return [a.toSorted((x, y) => x - y), a.sort((x, y) => x - y)]`,
	"within":        `const a = [3, 1, 2], b = [6, 5, 4]; a.sort((x, y) => { b.sort((p, q) => p - q); return x - y; }); return [a, b]`,
	"as it was":     `const f = [].sort; return [f.name, f.length, String(f), Object.keys(f), Array.prototype.toSorted.length, f === [].sort]`,
	"objects":       `return data.slice().sort((x, y) => x.k < y.k ? -1 : x.k > y.k ? 1 : 0).map(x => x.k)`,
	"inconsistent":  `let n = 0; const a = Array.from({length: 300}, (_, i) => i); a.sort(() => (n = (n * 31 + 7) % 101) % 3 - 1); return a.slice().sort((x, y) => x - y)`,
	"long, by text": `const a = Array.from({length: 3000}, (_, i) => String(i * 7919 % 3001)); return a.sort((x, y) => x.localeCompare(y)).length`,
}

// TestSortIsTheEngines runs bodies with an input that is small, where the engine sorts, and the same with white space that
// makes it large.
func TestSortIsTheEngines(t *testing.T) {
	t.Parallel()
	const input = `[{"k":"b"},{"k":"a"},{"k":"c"},{"k":"a"}]`
	large := input + strings.Repeat(" ", largeInputBytes)
	for name, body := range sortBodies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := "function process(data) { " + body + " }"
			if ours, engines := outcomeOf(source, large), outcomeOf(source, input); ours != engines {
				t.Errorf("ours:\n%s\nthe engine:\n%s", ours, engines)
			}
		})
	}
}

// TestSortIsTheStandards runs what the engine does in another way than the standard: it sorts the array where it lies, so that
// comparisons see it change, and takes -0 to be less than nothing.
func TestSortIsTheStandards(t *testing.T) {
	t.Parallel()
	large := "1" + strings.Repeat(" ", largeInputBytes)
	for body, want := range map[string]string{
		`const a = [3, 2, 1]; try { a.sort(() => { throw 1; }); } catch {} return a`:                                                                     `[3,2,1]`,
		`const a = [3, 1, 2]; let same = true; a.sort((x, y) => { same &&= String(a) === "3,1,2"; return x - y; }); return [same, a]`:                    `[true,[1,2,3]]`,
		`const a = [1, 2, 3, 4]; return a.sort(() => -0)`:                                                                                                `[1,2,3,4]`,
		`const a = [4, 3, 2, 1]; a.sort((x, y) => { a.length = 0; return x - y; }); return a`:                                                            `[1,2,3,4]`,
		`const a = [4, 3, 2, 1]; a.sort((x, y) => { if (a.length < 6) a.push(9); return x - y; }); return a`:                                             `[1,2,3,4,9,9]`,
		`const a = [2, 1]; let got = "none"; try { a.sort((x, y) => { Object.freeze(a); return x - y; }); } catch (e) { got = e.name; } return [got, a]`: `["TypeError",[2,1]]`,
	} {
		if got := outcomeOf("function process() { "+body+" }", large); got != want {
			t.Errorf("%s:\n%s; want %s", body, got, want)
		}
	}
}

// TestSortComparesLittle holds how often a function is called.
func TestSortComparesLittle(t *testing.T) {
	t.Parallel()
	large := "1" + strings.Repeat(" ", largeInputBytes)
	for body, most := range map[string]string{
		`const a = Array.from({length: 10000}, (_, i) => i)`:                "10000",
		`const a = Array.from({length: 10000}, (_, i) => -i)`:               "10000",
		`const a = Array.from({length: 10000}, (_, i) => i % 1000)`:         "50000",
		`const a = Array.from({length: 10000}, (_, i) => i * 7919 % 10007)`: "135000", // n log2 n is 133,000
	} {
		source := "function process() { " + body + "; let n = 0; a.sort((x, y) => (n++, x - y)); return n <= " + most + " || n }"
		if got := outcomeOf(source, large); got != "true" {
			t.Errorf("%s: %s comparisons; at most %s", body, got, most)
		}
	}
}
