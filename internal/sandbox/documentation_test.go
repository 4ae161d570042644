package sandbox_test

import (
	"encoding/json"
	"strings"
	"testing"

	"peneira/internal/sandbox"
)

// documentation says what the language of scripts is.
const documentation = "../../docs/javascript.md"

// TestDocumentation runs every example of docs/javascript.md: a row of a table whose last two cells are code is a script, or
// an expression, and what it gives.
func TestDocumentation(t *testing.T) {
	t.Parallel()
	pool := start(t, sandbox.Config{Sandboxes: 2})
	rows := 0
	for line := range strings.Lines(readFile(t, documentation)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if len(cells) < 3 {
			continue
		}
		example, want := strings.TrimSpace(cells[len(cells)-2]), strings.TrimSpace(cells[len(cells)-1])
		if !strings.HasPrefix(example, "`") || !strings.HasPrefix(want, "`") {
			continue
		}
		rows++
		source := strings.ReplaceAll(strings.Trim(example, "`"), `\|`, "|")
		if !strings.Contains(source, "process") && !strings.Contains(source, "export") {
			source = "async function process(data) { return await (" + source + "); }"
		}
		o := execute(t, pool, source, `{"price":1234.5,"rows":[{"k":"a","v":1},{"k":"b","v":2},{"k":"a","v":3}]}`)
		got := string(o.Output)
		if o.Err != nil {
			got = o.Err.Name
		}
		var text string
		if json.Unmarshal(o.Output, &text) == nil && strings.ContainsRune(text, '\u00a0') {
			got = strings.ReplaceAll(got, "\u00a0", " ") // no table shows the difference
		}
		if want = strings.ReplaceAll(strings.Trim(want, "`"), `\|`, "|"); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", source, got, want)
		}
	}
	if rows < 60 {
		t.Errorf("only %d examples were found", rows)
	}
}
