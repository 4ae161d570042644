package child

import (
	"reflect"
	"strings"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"

	"peneira/internal/sandbox/pattern"
	"peneira/internal/sandbox/wire"
)

// mayHavePatterns reports whether a text may have literals of regular expressions that have to be rewritten.
func mayHavePatterns(text string) bool {
	if strings.Contains(text, `\p{`) || strings.Contains(text, `\P{`) {
		return true
	}
	// Flags with an m, or a u if a group has a name: a division looks like them, and costs no more than the search.
	named := strings.Contains(text, "(?<")
	for {
		at := strings.IndexByte(text, '/')
		if at < 0 {
			return false
		}
		text = text[at+1:]
		flags := text[:len(text)-len(strings.TrimLeft(text, "dgimsuvy"))]
		if strings.Contains(flags, "m") || named && strings.Contains(flags, "u") {
			return true
		}
	}
}

// rewritePatterns rewrites the literals of regular expressions in the program, and notes what they were. It returns what is
// wrong with one that names what there is not.
func (p *program) rewritePatterns(tree *ast.Program) *wire.Failure {
	if !mayHavePatterns(p.text()) {
		return nil
	}
	p.patterns = make(map[string]string)
	seen := make(map[*ast.RegExpLiteral]bool)
	var failure *wire.Failure
	literals(reflect.ValueOf(tree.Body), func(literal *ast.RegExpLiteral) {
		if failure != nil || seen[literal] {
			return
		}
		seen[literal] = true
		text, err := pattern.Rewrite(literal.Pattern, literal.Flags)
		if err != nil {
			failure = &wire.Failure{Fault: wire.ScriptFault, Name: "SyntaxError", Message: err.Error()}
			at := tree.File.Position(int(literal.Idx) - 1)
			failure.Line, failure.Column = p.position(at.Line, at.Column)
			return
		}
		if text != literal.Pattern {
			p.patterns[text] = literal.Pattern
			literal.Pattern = text
		}
	})
	return failure
}

const treePackage = "github.com/dop251/goja/ast"

// literals visits the literals of regular expressions in a part of a syntax tree.
func literals(v reflect.Value, f func(*ast.RegExpLiteral)) {
	visit(v, func(v reflect.Value) {
		if literal, ok := reflect.TypeAssert[*ast.RegExpLiteral](v); ok {
			f(literal)
		}
	})
}

// visit calls f for each interface and pointer in a part of a syntax tree, after what lies within it. A tree names each of its
// parts but for declarations, which functions list once more: those are left out.
func visit(v reflect.Value, f func(reflect.Value)) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if !v.IsNil() {
			visit(v.Elem(), f)
			f(v)
		}
	case reflect.Slice:
		if _, ok := reflect.TypeAssert[[]*ast.VariableDeclaration](v); ok {
			return
		}
		for i := range v.Len() {
			visit(v.Index(i), f)
		}
	case reflect.Struct:
		if v.Type().PkgPath() != treePackage {
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				visit(v.Field(i), f)
			}
		}
	default:
	}
}

// rewritePattern rewrites a pattern with flags for the engine.
func rewritePattern(r *run, call goja.FunctionCall) goja.Value {
	flags := call.Argument(1).String()
	if strings.Trim(flags, "gimsuy") != "" {
		return call.Argument(0) // the engine refuses it
	}
	text := call.Argument(0).String()
	rewritten, err := pattern.Rewrite(text, flags)
	if err != nil {
		panic(r.vm.ToValue(err.Error()))
	}
	if rewritten == text {
		return call.Argument(0) // which may have what a text of Go's has not
	}
	if r.patterns == nil {
		r.patterns = make(map[string]string)
	}
	r.patterns[rewritten] = text
	return r.vm.ToValue(rewritten)
}

// originalPattern returns what a pattern was before it was rewritten.
func originalPattern(r *run, call goja.FunctionCall) goja.Value {
	text := call.Argument(0).String()
	for _, known := range []map[string]string{r.patterns, r.program.patterns} {
		if original, ok := known[text]; ok {
			return r.vm.ToValue(original)
		}
	}
	return call.Argument(0)
}
