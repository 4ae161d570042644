package child

import (
	"strings"
	"testing"
)

// patternBodies are bodies of process with literals that are shared, in every way that could tell.
var patternBodies = map[string]string{
	"test":              `return data.map(x => /^a\w+/.test(x))`,
	"flags":             `return data.map(x => [/A/i.test(x), /^b/m.test(x), /./su.test(x), /a/g.test(x), /a/y.test(x), /a/gy.test(x)])`,
	"not strings":       `return [1, null, undefined, true, {}, ["ab"], {toString: () => "ab"}, Symbol.iterator.description].map(x => [/a/.test(x), /^n|u/.test(x)])`,
	"test throws":       `const all = []; for (const x of [Symbol("s"), {toString() { throw new RangeError("no"); }}] ) { try { /a/.test(x); } catch (e) { all.push(e.name, e.message); } } return all`,
	"replace":           `return data.map(x => String(x).replace(/a+/, "-") + String(x).replace(/b/g, "$&$&$1") + String(x).replace(/(a)(b)?/g, "<$2|$1>"))`,
	"replacer":          `return data.map(x => String(x).replace(/a|b/g, (m, i, s) => m + i + s.length) + String(x).replace(/(?<n>b)/, function (...all) { return JSON.stringify(all); }))`,
	"replacer recurses": `const f = (s, n) => s.replace(/a|b/g, m => n ? f(m + "ab", n - 1) : m.toUpperCase()); return data.map(x => f(String(x), 2))`,
	"match, search":     `return data.map(x => { const s = String(x), m = s.match(/(b)(c)?/), all = s.match(/[ab]/g); return [m, m && m.index, m && m.input, m && m.groups, all, s.search(/b/), s.search(/b/g)]; })`,
	"split":             `return data.map(x => [String(x).split(/b/), String(x).split(/(b)/), String(x).split(/,\s*/g, 2), "".split(/a/), "abc".split(/(?:)/u)])`,
	"matches kept":      `const all = data.map(x => String(x).match(/./)); all[0].push(1); all[0].index = 9; return [all, all[0] === all[1]]`,
	"a receiver of own": `const seen = []; const o = {replace(p) { seen.push(p); return p.lastIndex++; }, match: p => (seen.push(p), 1), split: p => seen.push(p), search: p => seen.push(p)}; for (let i = 0; i < 3; i++) { o.replace(/x/g, "y"); o.match(/x/); o.split(/x/); o.search(/x/); } return [seen.length, new Set(seen).size, seen.map(p => p.lastIndex)]`,
	"by turns":          `const seen = []; const own = {replace: p => { seen.push(p); p.mark = seen.length; return p; }}; const all = []; for (const x of ["ab", own, "ab", own, new String("ab"), "ab"]) all.push(String(x.replace(/b/, "c"))); return [all, new Set(seen).size, seen.map(p => p.mark)]`,
	"wrong receivers":   `const all = []; for (const x of [null, undefined, 5, {}, "ab"]) { try { all.push(x.replace(/b/, "c")); } catch (e) { all.push(e.name, e.message); } } return all`,
	"nothing to call":   `const all = []; for (const x of ["ab", {split: 1}]) { try { x.split(/b/); x.search = 1; (1).search(/a/); } catch (e) { all.push(e.name, e.message); } } return all`,
	"optional":          `return [null, {b: "ab"}, {b: null}].map(x => [x?.b?.replace(/b/, "c"), x?.b?.split(/b/).length, x?.b?.match?.(/b/)?.index])`,
	"exec replaced":     `const was = RegExp.prototype.exec, seen = []; const f = () => data.map(x => [/a/.test(x), String(x).replace(/a/, "b")]); const one = f(); RegExp.prototype.exec = function (s) { seen.push(this); return was.call(this, s); }; const two = f(); RegExp.prototype.exec = was; return [one, two, f(), seen.length === new Set(seen).size]`,
	"test replaced":     `const was = RegExp.prototype.test, seen = []; const f = () => data.map(x => /a/.test(x)); f(); RegExp.prototype.test = function (s) { seen.push(this); return was.call(this, s); }; f(), f(); RegExp.prototype.test = was; return [f(), seen.length, new Set(seen).size]`,
	"symbol replaced":   `const was = RegExp.prototype[Symbol.replace], seen = []; const f = () => data.map(x => String(x).replace(/a/g, "b")); f(); RegExp.prototype[Symbol.replace] = function (...a) { seen.push(this); return was.apply(this, a); }; f(), f(); RegExp.prototype[Symbol.replace] = was; return [f(), seen.length, new Set(seen).size]`,
	"method replaced":   `const was = String.prototype.split, seen = []; const f = () => data.map(x => String(x).split(/a/)); f(); String.prototype.split = function (p) { seen.push(p); return was.call(this, p); }; f(), f(); String.prototype.split = was; return [f(), seen.length, new Set(seen).size]`,
	"a getter":          `const was = String.prototype.match, seen = []; const f = () => data.map(x => String(x).match(/a/)); f(); Object.defineProperty(String.prototype, "match", {configurable: true, get() { seen.push(typeof this); return function (p) { seen.push(p); return was.call(this, p); }; }}); f(), f(); Object.defineProperty(String.prototype, "match", {configurable: true, writable: true, value: was}); return [f(), seen.length, new Set(seen).size]`,
	"deleted":           `const was = RegExp.prototype.test; const f = () => { try { return /a/.test("a"); } catch (e) { return e.message; } }; const all = [f(), delete RegExp.prototype.test, f()]; RegExp.prototype.test = was; return all.concat(f())`,
	"species":           `const seen = []; const f = () => data.map(x => String(x).split(/a/)); f(); const C = RegExp; Object.defineProperty(C, Symbol.species, {configurable: true, get() { return function (p, flags) { seen.push(p); return new C(p, flags); }; }}); f(), f(); return [seen.length, new Set(seen).size]`,
	"constructor":       `const seen = []; const f = () => data.map(x => String(x).split(/a/)); f(); const C = RegExp, P = C.prototype; Object.defineProperty(P, "constructor", {configurable: true, get() { seen.push(this); return C; }}); f(), f(); Object.defineProperty(P, "constructor", {configurable: true, writable: true, value: C}); return [f(), seen.length, new Set(seen).size]`,
	"flags replaced":    `const f = () => data.map(x => String(x).replace(/a/g, "b")); f(); Object.defineProperty(RegExp.prototype, "global", {configurable: true, get: () => false}); const all = f(); Object.defineProperty(RegExp.prototype, "flags", {configurable: true, get: () => ""}); return [all, f()]`,
	"other prototype":   `const f = () => data.map(x => /a/.test(x)); f(); Object.setPrototypeOf(RegExp.prototype, {lost: 1}); return [f(), /a/.lost]`,
	"long lived":        `const f = () => /a/; return [f() === f(), f().test("a"), /a/ === /a/, /b/g.exec("abb").index]`,
	"named, unicode":    `return data.map(x => [/\p{L}/u.test(x), String(x).match(/(?<first>\p{L})/u), String(x).replace(/(?<a>a)/u, "[$<a>]"), String(x).split(/\p{L}/u)])`,
	"text outside BMP":  `return ["😀a", "\uD83Da", "aé😀"].map(s => [s.replace(/a/g, "é"), s.split(/a/), /😀/u.test(s), s.match(/./gu), s.search(/a/)])`,
	"generator":         `function* g(s) { return /a/.test(yield s) + s.replace(/a/, yield 1); } const i = g("ab"), k = g("b"); return [i.next(), k.next(), i.next("b"), k.next("a"), i.next("x"), k.next("y")]`,
	"arguments":         `const log = []; const s = x => (log.push(x), "ab"); return [s(1).replace(/b/, s(2)), s(3).replace(/b/, (log.push(4), "c")), /a/.test(s(5)), s(6).replace(/b/, "c", s(7)), s(8).split(/b/, 1), log]`,
	"RegExp itself":     `const R = RegExp; return [R("a").test("a"), new R("a", "g").exec("ba").index, R.prototype.constructor === R, /a/.constructor === R, data.map(x => /a/.test(x))]`,
}

// TestSharedPatternsAreTheEngines runs bodies with an input that is small, where each literal is the engine's, and the same
// with white space that makes it large.
func TestSharedPatternsAreTheEngines(t *testing.T) {
	t.Parallel()
	const input = `["abc","aab, b","é",1,"b\nb"]`
	large := input + strings.Repeat(" ", largeInputBytes)
	for name, body := range patternBodies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := "function process(data) { " + body + " }"
			if ours, engines := outcomeOf(source, large), outcomeOf(source, input); ours != engines {
				t.Errorf("ours:\n%s\nthe engine:\n%s", ours, engines)
			}
		})
	}
}

func TestPatternsAreShared(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]int{
		"return /a/.test(data)":                            1,
		"return /a/g.test(data) || /a/y.exec(data)":        0,
		"return data.replace(/a/g, 'b').split(/b/)":        2,
		"return data.replace(/a/g, x)":                     0,
		"return data.a?.replace(/a/g, 'b')":                0,
		"return data?.a.b.replace(/a/g, 'b')":              0,
		"return data.replaceAll(/a/g, 'b')":                0,
		"return data.matchAll(/a/g)":                       0,
		"with (data) { return /a/.test(data) }":            0,
		"return data.map(x => x.replace(/a/, m => m + 1))": 1,
	} {
		source := "function process(data) { " + body + " }"
		p := compile(hashOf(source), source)
		if p.failure != nil || len(p.quickCode().patterns) != want {
			t.Errorf("%s: %d literals, %v; want %d", body, len(p.quickCode().patterns), p.failure, want)
		}
	}
}

// TestQuickProgramsTellWhere holds that an error in a program for a large input is told as in one for a small input, where the
// engine tells at all.
func TestQuickProgramsTellWhere(t *testing.T) {
	t.Parallel()
	for _, source := range []string{
		"function process(data) {\n  for (const x of data.none)\n    x();\n}",
		"function process(data) {\n  for (const x of data.map(x => x)[0][0])\n    x();\n}",
		"function process(data) {\n  for (const x of data) {\n    x.y.z;\n  }\n}",
		"function process(data) {\n  for (const x of data)\n  {\n    missing(x);\n  }\n}",
		"function process(data) {\n  return /a/.test(\n    Symbol());\n}",
		"function process(data) {\n  const s = data.none;\n  return s\n    .replace(/a/, 'b');\n}",
		"function process(data) {\n  return data.replace(/a/, 'b');\n}",
		"function process(data) {\n  return 'aa'.replace(/a/g,\n    m => m.x.y);\n}",
		"function process(data) {\n  return 'aa'.split(/a/).map(x =>\n    { throw new RangeError(x); });\n}",
		"function process(data) {\n  return data.sort((a, b) => a.x.y - b);\n}",
		"function process(data) {\n  return data.sort(5);\n}",
	} {
		const input = "[[1],[2]]"
		small := failureOf(source, input)
		large := failureOf(source, input+strings.Repeat(" ", largeInputBytes))
		if small == nil || large == nil {
			t.Errorf("%s: no failure", source)
			continue
		}
		small.RunTime, large.RunTime = 0, 0
		if *small != *large {
			t.Errorf("%s:\n%+v\n%+v", source, *small, *large)
		}
	}
}
