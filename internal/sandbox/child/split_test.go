package child

import (
	"strings"
	"testing"
)

// splitBodies are bodies of process that split, in every way that could tell.
var splitBodies = map[string]string{
	"texts":      `return data.map(s => ["", ",", ", ", "a", "é", "😀", "\uD83D", "abc", "none"].map(x => s.split(x)))`,
	"limits":     `return data.map(s => [0, 1, 2, -1, NaN, undefined, null, "1", 4294967297].map(n => s.split(",", n)))`,
	"separators": `return data.map(s => [s.split(), s.split(undefined), s.split(null), s.split(1), s.split(/,\s*/), s.split({[Symbol.split]: (t, n) => [t, n]}), s.split({toString: () => ","})])`,
	"receivers":  `const split = "".split; return [split.call(123, "2"), split.call(true, "u"), split.call(["a", "b"], ","), split.call(new String("a-b"), "-"), split.call({toString: () => "x+y"}, "+")]`,
	"wrong":      `const split = "".split, all = []; for (const x of [null, undefined, Symbol("s")]) { try { split.call(x, ","); } catch (e) { all.push(e.message); } } try { "a".split(Symbol("s")); } catch (e) { all.push(e.message); } return all`,
	"changed":    `const a = "a,b,c".split(","), b = "a,b,c".split(","); a.push(1); a.length = 2; a.x = 1; delete a[0]; Object.freeze(b); return [a, Object.keys(a), b, Object.isFrozen(b), a !== b, Array.isArray(a), a.constructor === Array]`,
	"sorted":     `return "c,b,a".split(",").sort().map(s => s + s.length + (s === "a"))`,
	"many":       `const a = "x,".repeat(1000).split(","); return [a.length, a[999], a[1000], new Set(a).size]`,
	"as it was":  `const f = "".split; return [f.name, f.length, String(f), "a-b".split("-", ...[])]`,
	"keys":       `const m = new Map(), o = {}; for (const s of data) for (const part of s.split(",")) { m.set(part, (m.get(part) || 0) + 1); o[part] = part.length; } return [[...m], o]`,
}

// TestSplitIsTheEngines runs bodies with an input that is small, where the engine splits, and the same with white space that
// makes it large.
func TestSplitIsTheEngines(t *testing.T) {
	t.Parallel()
	const input = `["","a","a,b","a, b,,c",",",",,","é,a","😀,b","12","abcabc"]`
	large := input + strings.Repeat(" ", largeInputBytes)
	for name, body := range splitBodies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := "function process(data) { " + body + " }"
			if ours, engines := outcomeOf(source, large), outcomeOf(source, input); ours != engines {
				t.Errorf("ours:\n%s\nthe engine:\n%s", ours, engines)
			}
		})
	}
}
