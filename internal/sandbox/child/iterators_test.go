package child

import "testing"

func TestUsesIterators(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"data.map(x => x)":                              false,
		"Object.values(sums).map(s => s)":               false,
		"[...sums.values()].map(s => s)":                false,
		"Array.from(sums.values()).map(s => s)":         false,
		"for (const [k, v] of m.entries()) data.map(k)": false,
		"Object.keys(x).filter(f).map(g)":               false,
		"new Set(m.keys()); data.map(x)":                false,
		"({ [Symbol.asyncIterator]() {} })":             false,
		"m.values().map(f)":                             true,
		"[...m.values().map(f)]":                        true,
		"Array.from(m.keys().filter(f))":                true,
		"const it = m.values(); it.map(f)":              true,
		"m?.values()?.map(f)":                           true,
		"g[0].entries().map(f)":                         true,
		"function* g() { yield 1 }\ng().map(f)":         true,
		"s.matchAll(/a/g).map(f)":                       true,
		"Iterator.from(x)":                              true,
		"g().toArray()":                                 true,
		"new Map().entries ( ) .map(f)":                 true,
		"for (const x of m.values().filter(f)) ;":       true,
		"a[Symbol.iterator]().map(f)":                   true,
	} {
		if got := usesIterators(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
