package child

import (
	"reflect"
	"strconv"
	"strings"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/token"
	"github.com/dop251/goja/unistring"
)

// The literal of a regular expression makes a new object each time it is evaluated, which costs the engine more than most
// matches. Where nobody can see the object, one does for all:
//
//	/x/.test(s)              (shared pattern(n) || keep pattern(n, /x/)).test(s)
//	text.replace(/x/g, "y")  note text(n, text).replace(shared pattern(n) || keep pattern(n, /x/g), "y")
//
// n is the number of the literal. The object is shared as long as text is a string, and what test, replace and the like come
// to use is the engine's own: then it is handed to no code of the script's, and no match leaves a trace in it.

// The methods of a string that take a pattern, with the symbol that each asks the pattern for. Those in which a pattern may
// come to be seen, since they copy it, are left out.
var textMethods = map[unistring.String]*goja.Symbol{
	"replace": goja.SymReplace, "match": goja.SymMatch, "search": goja.SymSearch, "split": goja.SymSplit,
}

// rewritePattern has a call share the literal in it, if it is one of those above.
func (q *quickProgram) rewritePattern(v reflect.Value) {
	call := nodeOf[ast.CallExpression](v)
	if call == nil {
		return
	}
	method, ok := call.Callee.(*ast.DotExpression)
	if !ok {
		return
	}
	if literal, ok := method.Left.(*ast.RegExpLiteral); ok {
		if method.Identifier.Name == "test" && !strings.ContainsAny(literal.Flags, "gy") {
			method.Left = q.share(literal, "test")
		}
		return
	}
	if textMethods[method.Identifier.Name] == nil || !isWhole(method.Left) {
		return
	}
	if len(call.ArgumentList) == 0 || len(call.ArgumentList) > 2 {
		return
	}
	literal, ok := call.ArgumentList[0].(*ast.RegExpLiteral)
	if !ok || strings.Contains(literal.Flags, "y") || len(call.ArgumentList) == 2 && !isInert(call.ArgumentList[1]) {
		return
	}
	number := len(q.patterns)
	call.ArgumentList[0] = q.share(literal, method.Identifier.Name)
	method.Left = callOf(noteTextName, method.Left, numberAt(literal, number), method.Left)
}

// share returns what replaces a literal that a method takes.
func (q *quickProgram) share(literal *ast.RegExpLiteral, method unistring.String) ast.Expression {
	number := numberAt(literal, len(q.patterns))
	q.patterns = append(q.patterns, method)
	return &ast.BinaryExpression{
		Operator: token.LOGICAL_OR,
		Left:     callOf(sharedPatternName, literal, number),
		Right:    callOf(keepPatternName, literal, number, literal),
	}
}

func numberAt(at ast.Node, n int) *ast.NumberLiteral {
	return &ast.NumberLiteral{Idx: at.Idx0(), Literal: strconv.Itoa(n), Value: int64(n)}
}

// isWhole reports whether an expression has a value of its own: not so super, and what a ?. may cut short.
func isWhole(e ast.Expression) bool {
	for {
		switch x := e.(type) {
		case *ast.SuperExpression, *ast.Optional:
			return false
		case *ast.DotExpression:
			e = x.Left
		case *ast.PrivateDotExpression:
			e = x.Left
		case *ast.BracketExpression:
			e = x.Left
		case *ast.CallExpression:
			e = x.Callee
		default:
			return true
		}
	}
}

// isInert reports whether an expression is evaluated without any code of the script's.
func isInert(e ast.Expression) bool {
	switch x := e.(type) {
	case *ast.StringLiteral, *ast.NumberLiteral, *ast.FunctionLiteral, *ast.ArrowFunctionLiteral:
		return true
	case *ast.TemplateLiteral:
		return x.Tag == nil && len(x.Expressions) == 0
	default:
		return false
	}
}

// sharer shares the regular expressions of literals in one realm.
type sharer struct {
	prototype *goja.Object // RegExp.prototype
	sites     []sharedSite
}

// sharedSite is one literal.
type sharedSite struct {
	needs  []mark // what must be the engine's own
	shared goja.Value
	noted  bool // whether the text that it is for was a string
	test   bool // there is no such text
}

// newSharer prepares a realm for literals that these methods take. It is called before any guest code runs.
func newSharer(vm *goja.Runtime, methods []unistring.String) (*sharer, error) {
	s := &sharer{sites: make([]sharedSite, len(methods))}
	if len(methods) == 0 {
		return s, nil
	}
	made, err := vm.RunProgram(anyPattern)
	if err != nil {
		return nil, err
	}
	pattern, _ := made.(*goja.Object)
	s.prototype = pattern.Prototype()
	texts := vm.ToValue("").ToObject(vm).Prototype()
	constructor, _ := s.prototype.Get("constructor").(*goja.Object)
	for i, method := range methods {
		site := &s.sites[i]
		switch method {
		case "test":
			site.test = true
			site.needs = []mark{markOf(s.prototype, "test")}
		case "split":
			site.needs = []mark{markOf(s.prototype, "constructor"), markOfSymbol(constructor, goja.SymSpecies)}
			fallthrough
		default:
			site.needs = append(site.needs, markOf(texts, method.String()), markOfSymbol(s.prototype, textMethods[method]))
		}
	}
	return s, nil
}

// anyPattern has a realm make what there is of regular expressions.
var anyPattern = goja.MustCompile("pattern.js", "/a/", true)

// guardedKind is what kind of object RegExp.prototype is, until a script changes what matches use.
var guardedKind = func() unsafe.Pointer {
	made, err := goja.New().RunProgram(anyPattern)
	pattern, ok := made.(*goja.Object)
	if err != nil || !ok {
		return nil
	}
	return selfOf(pattern.Prototype()).tab
}()

// may reports whether an object may be shared now.
func (s *sharer) may(site *sharedSite) bool {
	if !site.test && !site.noted || selfOf(s.prototype).tab != guardedKind {
		return false
	}
	for i := range site.needs {
		if !site.needs[i].intact() {
			return false
		}
	}
	return true
}

func (s *sharer) site(call goja.FunctionCall) *sharedSite {
	return &s.sites[call.Argument(0).ToInteger()]
}

// noteText returns its second argument, and notes whether it is a string.
func (s *sharer) noteText(call goja.FunctionCall) goja.Value {
	text := call.Argument(1)
	kind := kindOf(text)
	s.site(call).noted = kind == asciiKind || kind == unicodeKind || kind == importedKind
	return text
}

// sharedPattern returns the object for a literal, or undefined if there has to be a new one.
func (s *sharer) sharedPattern(call goja.FunctionCall) goja.Value {
	site := s.site(call)
	if site.shared == nil || !s.may(site) {
		return goja.Undefined()
	}
	return site.shared
}

// keepPattern returns its second argument, a new object, and keeps it if it may be shared.
func (s *sharer) keepPattern(call goja.FunctionCall) goja.Value {
	made := call.Argument(1)
	if site := s.site(call); s.may(site) {
		site.shared = made
	}
	return made
}
