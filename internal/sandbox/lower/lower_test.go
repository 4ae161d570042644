package lower

import (
	"errors"
	"strings"
	"testing"
)

func TestLower(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		source  string
		dialect Dialect
		module  bool
		has     []string
		hasNot  []string
	}{
		{"a script stays one", "function process(d) { return d }", JavaScript, false, []string{"function process(d)"}, []string{"module.exports"}},
		{"types go", "function process(d: number[]): number { return d.length as number }", TypeScript, false, []string{"function process(d)"}, []string{"number"}},
		{"an export makes a module", "export function process(d) { return d }", JavaScript, true, []string{"module.exports", "function process(d)"}, []string{"export function"}},
		{"so does a default one", "export default d => d", JavaScript, true, []string{"module.exports"}, nil},
		{"async generators are lowered", "async function* g() { yield 1 } function process() { return g }", JavaScript, false, nil, []string{"async function*"}},
		{"for await is lowered", "async function process(d) { for await (const x of d) ; }", JavaScript, false, nil, []string{"for await"}},
		{"what the engine knows stays", "const process = d => d?.a ?? 2n ** 3n", JavaScript, false, []string{"d?.a ?? 2n ** 3n"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			code, err := Lower(c.source, c.dialect)
			if err != nil {
				t.Fatal(err)
			}
			if code.Module != c.module {
				t.Errorf("module: %v", code.Module)
			}
			for _, text := range c.has {
				if !strings.Contains(code.Text, text) {
					t.Errorf("there is no %q in\n%s", text, code.Text)
				}
			}
			for _, text := range c.hasNot {
				if strings.Contains(code.Text, text) {
					t.Errorf("there is %q in\n%s", text, code.Text)
				}
			}
		})
	}
}

func TestLowerSaysWhereItIsWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name         string
		source       string
		dialect      Dialect
		line, column int
	}{
		{"a bracket", "function process(d) {\n  return (d;\n}", JavaScript, 2, 12},
		{"types in JavaScript", "let a = 1;\nlet b: number = 2;", JavaScript, 2, 6},
		{"columns count bytes", "let é = (;", JavaScript, 1, 11},
		{"the end", "function process(d) {", TypeScript, 1, 22},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := Lower(c.source, c.dialect)
			var fault *SyntaxError
			if !errors.As(err, &fault) {
				t.Fatalf("got %v", err)
			}
			if fault.Message == "" || fault.Line != c.line || fault.Column != c.column {
				t.Errorf("got %q at %d:%d; want it at %d:%d", fault.Message, fault.Line, fault.Column, c.line, c.column)
			}
		})
	}
}

func TestPositionsLeadBack(t *testing.T) {
	t.Parallel()
	const source = "interface Row { a: number }\n\nexport function process(d: Row[]): number {\n  const é: string = 'x'; throw new Error(é);\n}\n"
	code, err := Lower(source, TypeScript)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"throw new", "function process"} {
		line, column := placeOf(t, code.Text, word)
		wantLine, wantColumn := placeOf(t, source, word)
		gotLine, gotColumn := code.Position(line, column)
		if gotLine != wantLine || gotColumn > wantColumn || gotColumn == 0 {
			t.Errorf("%q at %d:%d leads to %d:%d, not to %d:%d", word, line, column, gotLine, gotColumn, wantLine, wantColumn)
		}
	}
	if line, _ := code.Position(1_000_000, 1); line != 0 {
		t.Errorf("a line that there is not leads to line %d", line)
	}
}

// placeOf returns the line and the column of a word, from 1 and in bytes.
func placeOf(t *testing.T, text, word string) (line, column int) {
	t.Helper()
	before, _, found := strings.Cut(text, word)
	if !found {
		t.Fatalf("there is no %q in\n%s", word, text)
	}
	return 1 + strings.Count(before, "\n"), len(before) - strings.LastIndex(before, "\n")
}
