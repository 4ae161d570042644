package child

import (
	"reflect"
	"regexp"
	"slices"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/unistring"
)

// Scripts rewrite rows with {...row, total: x}. The engine makes such an object member by member, which takes it five
// allocations that grow, and leaves a list of names with every row that was copied. So the program has such a literal
// replaced by two calls, in the order in which JavaScript evaluates it:
//
//	addMembers(copyMembers(row, n), n, x)
//
// n is the number of the literal, which tells the names of the members that follow. What is copied is nobody's until the
// literal has its value, so its members may have their places from the first (docs/decisions/0037).

// The names of the two functions. No script can write them.
const (
	copyMembersName = unistring.String("copy members")
	addMembersName  = unistring.String("add members")
)

// maxAdded bounds how many members may follow what is spread.
const maxAdded = 8

// mayHaveSpreads finds texts that may have such literals.
var mayHaveSpreads = regexp.MustCompile(`\{\s*\.{3}`)

// rewriteSpreads replaces such literals in the program, and notes the members that they add.
func (p *program) rewriteSpreads(tree *ast.Program) {
	p.spreads = nil
	if !mayHaveSpreads.MatchString(p.text()) {
		return
	}
	body := reflect.ValueOf(tree.Body)
	if hasWith(body) {
		return
	}
	visit(body, func(v reflect.Value) {
		if v.Type() != reflect.TypeFor[ast.Expression]() || !v.CanSet() {
			return
		}
		if literal, ok := reflect.TypeAssert[*ast.ObjectLiteral](v); ok {
			if call := p.spreadCall(literal); call != nil {
				v.Set(reflect.ValueOf(call))
			}
		}
	})
}

// spreadCall returns what replaces a literal, or nil if it stays.
func (p *program) spreadCall(literal *ast.ObjectLiteral) ast.Expression {
	if len(literal.Value) == 0 || len(literal.Value) > 1+maxAdded {
		return nil
	}
	spread, ok := literal.Value[0].(*ast.SpreadElement)
	if !ok {
		return nil
	}
	at := literal.LeftBrace
	number := &ast.NumberLiteral{Idx: at, Literal: "0", Value: int64(len(p.spreads))}
	var names []unistring.String
	var values []ast.Expression
	for _, property := range literal.Value[1:] {
		name, value := addedMember(property)
		if value == nil || name == "__proto__" || mayBeIndex(name) || slices.Contains(names, name) {
			return nil
		}
		names, values = append(names, name), append(values, value)
	}
	p.spreads = append(p.spreads, names)
	call := func(name unistring.String, args ...ast.Expression) *ast.CallExpression {
		return &ast.CallExpression{
			Callee: &ast.Identifier{Name: name, Idx: at}, LeftParenthesis: at, ArgumentList: args, RightParenthesis: literal.RightBrace,
		}
	}
	copied := call(copyMembersName, spread.Expression, number)
	if len(names) == 0 {
		return copied
	}
	return call(addMembersName, append([]ast.Expression{copied, number}, values...)...)
}

// addedMember returns the name and the value of an ordinary member, and no value for others. A function takes its name
// from the member, so it is none.
func addedMember(property ast.Property) (unistring.String, ast.Expression) {
	switch m := property.(type) {
	case *ast.PropertyShort:
		if m.Initializer != nil || m.Name.Name == "let" {
			return "", nil
		}
		return m.Name.Name, &m.Name
	case *ast.PropertyKeyed:
		key, ok := m.Key.(*ast.StringLiteral)
		if !ok || m.Computed || m.Kind != ast.PropertyKindValue {
			return "", nil
		}
		switch m.Value.(type) {
		case *ast.FunctionLiteral, *ast.ArrowFunctionLiteral, *ast.ClassLiteral:
			return "", nil
		}
		return key.Value, m.Value
	default:
		return "", nil
	}
}

// installSpreads gives a realm the two functions, as constants that only the rewritten literals can name.
func installSpreads(r *run) error {
	s := &spreader{run: r, maker: newMaker(r.vm, len(r.input)), sites: make([]spreadSite, len(r.program.spreads))}
	for i, names := range r.program.spreads {
		s.sites[i].added = names
	}
	code, err := spreadConstants()
	if err != nil {
		return err
	}
	return installConstants(r, code, s.copyMembers, s.addMembers)
}
