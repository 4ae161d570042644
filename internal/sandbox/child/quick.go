package child

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/parser"
	"github.com/dop251/goja/unistring"
)

// In a run with a large input, whose loops are long, the script is one whose syntax tree was changed once more: what loops
// do again and again goes through functions of ours where the engine is slow (docs/decisions/0041). A script cannot name
// them, and cannot see that they are there.

// The names of these functions. No script can write them.
const (
	eachItemName      = unistring.String("each item")      // see loops.go
	noteTextName      = unistring.String("note text")      // see literals.go
	sharedPatternName = unistring.String("shared pattern") // the same
	keepPatternName   = unistring.String("keep pattern")   // the same
	roomForName       = unistring.String("room for")       // see widen.go
)

// quickCode returns the program for runs with a large input: the changed one, or the ordinary one if nothing was changed.
func (p *program) quickCode() *quickProgram {
	p.quickOnce.Do(func() {
		p.quick = &quickProgram{code: p.code}
		again := &program{source: p.source, lowered: p.lowered} // p may be in use
		tree, failure := again.parse()
		if failure != nil {
			return
		}
		body := reflect.ValueOf(tree.Body)
		if hasWith(body) {
			return
		}
		changed := &quickProgram{}
		visit(body, changed.rewriteLoop)
		visit(body, changed.rewritePattern)
		visit(body, changed.rewriteMember)
		if !changed.loops && len(changed.patterns) == 0 && len(changed.members) == 0 {
			return
		}
		if code, err := goja.CompileAST(tree, false); err == nil {
			changed.code = code
			p.quick = changed
		}
	})
	return p.quick
}

// quickProgram is a program for runs with a large input.
type quickProgram struct {
	code     *goja.Program
	loops    bool               // whether there are loops that were rewritten
	patterns []unistring.String // the methods that take the literals of regular expressions that were rewritten
	members  []unistring.String // the members that assignments to which room is made for
}

// nodeOf returns the node that v is a pointer to, or nil if it is of another type. An interface that holds the node is visited,
// too, and is not taken for it: each node is given once.
func nodeOf[T any](v reflect.Value) *T {
	if v.Type() != reflect.TypeFor[*T]() {
		return nil
	}
	node, _ := reflect.TypeAssert[*T](v)
	return node
}

// hasWith reports whether a script's own object may be asked for our functions.
func hasWith(body reflect.Value) bool {
	found := false
	visit(body, func(v reflect.Value) {
		_, with := reflect.TypeAssert[*ast.WithStatement](v)
		found = found || with
	})
	return found
}

// quicken prepares a realm for a program for a large input. It is called before any guest code runs.
func (r *run) quicken() error {
	quickenSort(r.vm)
	stepper := quickenLoops(r.vm, len(r.input))
	if stepper == nil {
		return nil
	}
	quickenSplit(r.vm, stepper.maker)
	quick := r.program.quickCode()
	if quick.code == r.program.code {
		return nil
	}
	r.code = quick.code
	stepper.prepareLoops(r.vm)
	sharer, err := newSharer(r.vm, quick.patterns)
	if err != nil {
		return err
	}
	code, err := quickConstants()
	if err != nil {
		return err
	}
	return installConstants(r, code, stepper.eachItem, sharer.noteText, sharer.sharedPattern, sharer.keepPattern,
		newWidener(quick.members).roomFor)
}

// quickConstants returns the program that names the functions.
var quickConstants = constants(eachItemName, noteTextName, sharedPatternName, keepPatternName, roomForName)

// constantName is what the global object calls the function of a constant that is being installed.
func constantName(i int) string { return fmt.Sprintf("constant%d", i) }

// constants returns what compiles, once, a program that gives names to functions.
func constants(names ...unistring.String) func() (*goja.Program, error) {
	return sync.OnceValues(func() (*goja.Program, error) {
		list := make([]string, len(names))
		for i := range names {
			list[i] = fmt.Sprintf("c%d = %s", i, constantName(i))
		}
		tree, err := parser.ParseFile(nil, "constants.js", "const "+strings.Join(list, ", "), 0, parser.WithDisableSourceMaps)
		if err != nil {
			return nil, err
		}
		declared, ok := tree.Body[0].(*ast.LexicalDeclaration)
		if !ok {
			return nil, errNoMethod
		}
		for i, c := range declared.List {
			c.Target = &ast.Identifier{Name: names[i], Idx: c.Idx0()}
		}
		return goja.CompileAST(tree, true)
	})
}

// installConstants gives a realm functions under the names that code gives them.
func installConstants(r *run, code *goja.Program, functions ...func(goja.FunctionCall) goja.Value) error {
	global := r.vm.GlobalObject()
	var all error
	for i, f := range functions {
		all = errors.Join(all, global.Set(constantName(i), f))
	}
	_, err := r.vm.RunProgram(code)
	all = errors.Join(all, err)
	for i := range functions {
		all = errors.Join(all, global.Delete(constantName(i)))
	}
	return all
}

// callOf returns the call of a function of ours, which stands where the engine tells of faults of an expression of the script's.
func callOf(name unistring.String, of ast.Expression, args ...ast.Expression) *ast.CallExpression {
	at := of.Idx0()
	switch e := of.(type) {
	case *ast.DotExpression:
		at = e.Identifier.Idx
	case *ast.BracketExpression:
		at = e.LeftBracket
	case *ast.CallExpression:
		at = e.LeftParenthesis
	}
	return &ast.CallExpression{
		Callee: &ast.Identifier{Name: name, Idx: at}, LeftParenthesis: at, ArgumentList: args, RightParenthesis: of.Idx1(),
	}
}
