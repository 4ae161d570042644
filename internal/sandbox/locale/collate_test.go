package locale_test

import (
	"testing"

	"peneira/internal/sandbox/locale"
)

func TestOrder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sensitivity string
		numbers     bool
		a, b        string
		want        int
	}{
		{"variant", false, "a", "b", -1},
		{"variant", false, "a", "A", -1},
		{"variant", false, "a", "á", -1},
		{"variant", false, "ação", "acaso", -1},
		{"variant", false, "Z", "a", 1},
		{"accent", false, "a", "A", 0},
		{"accent", false, "a", "á", -1},
		{"base", false, "a", "Á", 0},
		{"base", false, "a", "b", -1},
		{"variant", false, "x10", "x9", -1},
		{"variant", true, "x10", "x9", 1},
		{"variant", false, "", "", 0},
		{"variant", false, "", "a", -1},
	} {
		if got := locale.NewOrder(c.sensitivity, c.numbers).Compare(c.a, c.b); got != c.want {
			t.Errorf("by %s, numbers %v: %q and %q compare as %d, not %d", c.sensitivity, c.numbers, c.a, c.b, got, c.want)
		}
	}
}
