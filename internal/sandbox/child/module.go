package child

import (
	"errors"
	"strings"

	"github.com/dop251/goja"

	"peneira/internal/sandbox/lower"
	"peneira/internal/sandbox/wire"
	"peneira/internal/script"
)

// noModules says why nothing can be imported.
const noModules = "a script is one file: there are no modules to import or require"

// lower has a source that the engine refuses lowered, compiles that, and returns what is wrong with it. A dialect is
// tried after the other, and if none fits, the one that got furthest was meant: a plain script with a fault is refused
// where the engine met it, a module or TypeScript not at its first word but at its fault.
func (p *program) lower(plain *wire.Failure) *wire.Failure {
	furthest := plain
	for _, dialect := range []lower.Dialect{lower.JavaScript, lower.TypeScript} {
		code, err := lower.Lower(p.source, dialect)
		if err == nil {
			p.lowered = code
			return p.compileText()
		}
		f := p.lowerFailure(err)
		if f.Line > furthest.Line || f.Line == furthest.Line && f.Column > furthest.Column {
			furthest = f
		}
		if strings.HasPrefix(f.Message, topLevelAwait) {
			f.Message = "await works only within an async function; process may be one"
			return f
		}
	}
	return furthest
}

// topLevelAwait is how the compiler begins to say that it cannot lower it.
const topLevelAwait = "Top-level await"

// lowerFailure describes an error of the compiler.
func (p *program) lowerFailure(err error) *wire.Failure {
	f := &wire.Failure{Fault: wire.ScriptFault, Name: "SyntaxError", Message: err.Error()}
	var fault *lower.SyntaxError
	if errors.As(err, &fault) && fault.Line > 0 {
		text, _ := script.LineOf(p.source, fault.Line)
		f.Line, f.Column = characters(text, fault.Line, fault.Column)
	}
	return f
}

// name returns what the source calls a function that the engine calls name.
func (p *program) name(name string) string {
	if p.lowered != nil {
		return p.lowered.Name(name)
	}
	return name
}

// load runs the top level of the program. It returns the exports of a module, and nil for a script.
func (r *run) load() (*goja.Object, error) {
	value, err := r.vm.RunProgram(r.code)
	if err != nil || r.program.lowered == nil || !r.program.lowered.Module {
		return nil, err
	}
	start, ok := goja.AssertFunction(value)
	if !ok {
		return nil, errNoExports
	}
	module := r.vm.NewObject()
	require := r.vm.ToValue(func(f goja.FunctionCall) goja.Value {
		panic(r.vm.NewTypeError("Cannot import %q: %s", f.Argument(0).String(), noModules))
	})
	if _, err := start(goja.Undefined(), module, require); err != nil {
		return nil, err
	}
	var exports *goja.Object
	if err := r.try(func() { exports, ok = module.Get("exports").(*goja.Object) }); err != nil {
		return nil, err
	}
	if !ok {
		return nil, errNoExports
	}
	return exports, nil
}

// errNoExports is the fault of a compiler that makes something else of a module than it should.
var errNoExports = errors.New("the lowered module has no exports")
