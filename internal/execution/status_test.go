package execution_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"peneira/internal/execution"
)

func TestTerminalStatesLeadNowhere(t *testing.T) {
	t.Parallel()
	for _, s := range execution.Statuses {
		wantTerminal := s == execution.Completed || s == execution.Failed || s == execution.Cancelled
		if s.Terminal() != wantTerminal {
			t.Errorf("%s: Terminal() is %v", s, s.Terminal())
		}
		for _, next := range execution.Statuses {
			if s.Terminal() && s.CanBecome(next) {
				t.Errorf("%s is terminal and can become %s", s, next)
			}
		}
	}
	if execution.Status("odd").Valid() || execution.Status("odd").Terminal() {
		t.Error("an unknown state is taken for one of ours")
	}
}

// docs/states.md draws the table of transitions; the drawing must be the table.
func TestTheDiagramShowsTheTransitions(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/states.md")
	if err != nil {
		t.Fatal(err)
	}
	var drawn, want []string
	for _, m := range regexp.MustCompile(`(?m)^\s*(\w+) --> (\w+)`).FindAllStringSubmatch(string(doc), -1) {
		drawn = append(drawn, m[1]+" → "+m[2])
	}
	for _, from := range execution.Statuses {
		for _, to := range execution.Statuses {
			if from.CanBecome(to) {
				want = append(want, string(from)+" → "+string(to))
			}
		}
	}
	slices.Sort(drawn)
	slices.Sort(want)
	if !slices.Equal(drawn, want) {
		t.Errorf("docs/states.md draws\n%s\nbut the table says\n%s", strings.Join(drawn, "\n"), strings.Join(want, "\n"))
	}
}

func TestErrorReadsLikeACompilers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  execution.Error
		want string
	}{
		{execution.Error{Name: "TypeError", Message: "x is not a function", Line: 3, Column: 5}, "TypeError: x is not a function (line 3, column 5)"},
		{execution.Error{Message: "it took too long"}, "it took too long"},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
