package sandbox_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"peneira/internal/delivered"
	"peneira/internal/sandbox"
)

// probe is an expression and what Node gives for it: a text that shows the value, or "throws" and the name of an error.
type probe struct {
	Section    string `json:"section"`
	Expression string `json:"expression"`
	Expected   string `json:"expected"`
}

// source is a script that evaluates the probe and shows its value, as Node did.
func (p *probe) source() string {
	return `async function process() { return show(await (` + p.Expression + `)) }
const plain = (key, v) => {
  if (v === undefined) return 'undefined';
  if (typeof v === 'bigint') return v + 'n';
  if (typeof v !== 'number' || Number.isFinite(v) && !Object.is(v, -0)) return v;
  return Object.is(v, -0) ? '-0' : String(v);
};
const show = (value) => JSON.stringify(value, plain) ?? 'undefined';`
}

// run returns what the sandbox gives for the probe.
func (p *probe) run(t *testing.T, pool *sandbox.Pool) string {
	t.Helper()
	o := execute(t, pool, p.source(), "1")
	if o.Err != nil {
		return "throws " + o.Err.Name
	}
	var text string
	if err := json.Unmarshal(o.Output, &text); err != nil {
		t.Fatalf("%s: %v", o.Output, err)
	}
	return text
}

// verdict compares what the sandbox gives with what Node does. What it refuses, or has no member for, is absent.
func (p *probe) verdict(got string) string {
	switch {
	case got == p.Expected:
		return "same"
	case strings.HasPrefix(got, "throws "), got == `"undefined"` && strings.Contains(p.Expression, "getOwnPropertyDescriptor"):
		return "absent"
	default:
		return "different"
	}
}

func readProbes(t *testing.T) []probe {
	t.Helper()
	var probes []probe
	if err := json.Unmarshal([]byte(readFile(t, "testdata/language/probes.json")), &probes); err != nil {
		t.Fatal(err)
	}
	return probes
}

// readDifferences returns the expressions that are known to give another value than Node.
func readDifferences(t *testing.T) map[string]bool {
	t.Helper()
	known := make(map[string]bool)
	for line := range strings.Lines(readFile(t, "testdata/language/differences.txt")) {
		if expression, why, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok && why != "" && !strings.HasPrefix(line, "#") {
			known[expression] = true
		}
	}
	return known
}

// TestProbes holds the sandbox to Node: the same value, or a refusal; never another value, but for the differences that are
// written down. The share of each part that is the same is what docs/javascript.md says.
func TestProbes(t *testing.T) {
	t.Parallel()
	// What a script sees is the same under the race detector, and takes it ten times as long.
	pool := start(t, sandbox.Config{Sandboxes: 2, Command: delivered.Sandbox(t)})
	same, all := make(map[string]int), make(map[string]int)
	known := readDifferences(t)
	for _, p := range readProbes(t) {
		all[p.Section]++
		got := p.run(t, pool)
		switch p.verdict(got) {
		case "same":
			same[p.Section]++
		case "absent":
			t.Logf("absent from %s: %.160s", p.Section, p.Expression)
		default:
			if !known[p.Expression] {
				t.Errorf("%s: %s\ngot  %s\nNode %s", p.Section, p.Expression, got, p.Expected)
			}
			delete(known, p.Expression)
		}
	}
	for expression := range known {
		t.Errorf("differences.txt names what is no difference: %s", expression)
	}
	var table strings.Builder
	for _, section := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&table, "| %s | %d of %d | %.0f %% |\n", section, same[section], all[section], 100*float64(same[section])/float64(all[section]))
	}
	t.Logf("the same as Node:\n%s", table.String())
	if !strings.Contains(readFile(t, documentation), strings.TrimSpace(table.String())) {
		t.Errorf("%s does not have this table:\n%s", documentation, table.String())
	}
}
