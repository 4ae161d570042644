package child

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"peneira/internal/sandbox/wire"
)

func TestProgramsAreBounded(t *testing.T) {
	t.Parallel()
	cache := newPrograms()
	source := func(i int) string { return fmt.Sprintf("%d", i) }
	for i := range 2 * maxPrograms {
		cache.put(compile(hashOf(source(i)), source(i)))
	}
	if cache.get(hashOf(source(0))) != nil {
		t.Error("the oldest was kept")
	}
	last := source(2*maxPrograms - 1)
	if p := cache.get(hashOf(last)); p == nil || p.source != last {
		t.Error("the newest was not kept")
	}
	if n := cache.order.Len(); n != maxPrograms {
		t.Errorf("%d programs", n)
	}
	large := "//" + strings.Repeat("x", maxProgramBytes-2)
	cache.put(compile(hashOf(large), large))
	if cache.order.Len() != 1 || cache.bytes != len(large) {
		t.Errorf("%d programs of %d bytes", cache.order.Len(), cache.bytes)
	}
	cache.put(compile(hashOf("1"), "2"))
	if cache.get(hashOf("1")) != nil {
		t.Error("a program was kept under another's key")
	}
}

func TestBoundCutsTheStackFirst(t *testing.T) {
	t.Parallel()
	f := bound(&wire.Failure{Name: strings.Repeat("n", 500), Message: strings.Repeat("é", 300), Stack: strings.Repeat("s", 500)}, 1000)
	if len(f.Name) > maxErrorName || len(f.Message) != 600 || len(f.Name)+len(f.Message)+len(f.Stack) > 1000 || f.Stack == "" {
		t.Errorf("%d, %d, %d", len(f.Name), len(f.Message), len(f.Stack))
	}
	for most := range 20 {
		if s := cut("aéé😀😀z", most); len(s) > most || !utf8.ValidString(s) {
			t.Errorf("cut to %d: %q", most, s)
		}
	}
}

func TestPositionCountsCharacters(t *testing.T) {
	t.Parallel()
	p := &program{source: "é\r\nçé x(1)\u2028é.y\nz"}
	for _, c := range []struct {
		line, column   int
		wantL, wantCol uint32
	}{
		{1, 1, 1, 1},
		{1, 3, 1, 2},
		{2, 6, 2, 4},
		{2, 7, 2, 4}, // the bracket stands for the name before it
		{3, 4, 3, 3},
		{4, 1, 4, 1},
		{9, 9, 9, 9},
		{0, 0, 0, 0},
	} {
		if line, column := p.position(c.line, c.column); line != c.wantL || column != c.wantCol {
			t.Errorf("%d:%d gave %d:%d", c.line, c.column, line, column)
		}
	}
}
