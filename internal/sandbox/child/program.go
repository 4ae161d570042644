package child

import (
	"container/list"
	"errors"
	"strings"
	"sync"
	"unicode"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/parser"
	"github.com/dop251/goja/unistring"

	"peneira/internal/sandbox/lower"
	"peneira/internal/sandbox/wire"
	"peneira/internal/script"
)

// The cache of compiled programs is bounded in number and in bytes of source: compiled code is held against every run's
// memory, so it must not grow with what was once run here.
const (
	maxPrograms     = 128
	maxProgramBytes = 4 << 20
)

// fileName is what the user's source is called in stacks.
const fileName = "script.js"

// program is a compiled script, or what is wrong with it.
type program struct {
	key     [32]byte
	source  string
	lowered *lower.Code // nil when the engine runs the source as it is
	code    *goja.Program
	needs   []addition
	// patterns tells what the regular expressions were that had to be rewritten.
	patterns map[string]string
	spreads  [][]unistring.String // the members that each rewritten literal adds: see rewriteSpreads
	failure  *wire.Failure        // set when it does not compile

	quickOnce sync.Once
	quick     *quickProgram // see quickCode
}

// compile compiles a source: as it is if the engine takes it, else lowered.
func compile(key [32]byte, source string) *program {
	p := &program{key: key, source: source}
	if plain := p.compileText(); plain != nil {
		p.failure = p.lower(plain)
	}
	return p
}

// compileText compiles what the engine is given, and returns what is wrong with it. The parser would follow source-map
// comments to files, were it not told otherwise.
func (p *program) compileText() *wire.Failure {
	tree, failure := p.parse()
	if failure != nil {
		return failure
	}
	code, err := goja.CompileAST(tree, false)
	if err != nil {
		return p.compileFailure(err)
	}
	p.code, p.needs = code, neededBy(p.text(), len(p.patterns) > 0)
	return nil
}

// parse returns the syntax tree of what the engine is given, with what is rewritten in it for every run, or what is wrong with
// it.
func (p *program) parse() (*ast.Program, *wire.Failure) {
	tree, err := parser.ParseFile(nil, fileName, p.text(), 0, parser.WithDisableSourceMaps)
	if err != nil {
		return nil, p.parseFailure(err)
	}
	if failure := p.rewritePatterns(tree); failure != nil {
		return nil, failure
	}
	p.rewriteSpreads(tree)
	return tree, nil
}

// text returns what the engine is given.
func (p *program) text() string {
	if p.lowered != nil {
		return p.lowered.Text
	}
	return p.source
}

// size is what a program counts in the cache.
func (p *program) size() int {
	if p.lowered != nil {
		return len(p.source) + len(p.lowered.Text)
	}
	return len(p.source)
}

// parseFailure describes the first error that the parser found.
func (p *program) parseFailure(err error) *wire.Failure {
	f := &wire.Failure{Fault: wire.ScriptFault, Name: "SyntaxError", Message: err.Error()}
	var all parser.ErrorList
	var one *parser.Error
	switch {
	case errors.As(err, &all) && len(all) > 0:
		one = all[0]
	case errors.As(err, &one):
	default:
		return f
	}
	f.Message = one.Message
	f.Line, f.Column = p.position(one.Position.Line, one.Position.Column)
	return f
}

// compileFailure describes an error that only the compiler finds, such as a name declared twice.
func (p *program) compileFailure(err error) *wire.Failure {
	f := &wire.Failure{Fault: wire.ScriptFault, Name: "SyntaxError", Message: err.Error()}
	var syntax *goja.CompilerSyntaxError
	var reference *goja.CompilerReferenceError
	switch {
	case errors.As(err, &syntax):
		f.Message = syntax.Message
		if syntax.File != nil {
			at := syntax.File.Position(syntax.Offset)
			f.Line, f.Column = p.position(at.Line, at.Column)
		}
	case errors.As(err, &reference):
		f.Name, f.Message = "ReferenceError", reference.Message
		if reference.File != nil {
			at := reference.File.Position(reference.Offset)
			f.Line, f.Column = p.position(at.Line, at.Column)
		}
	}
	return f
}

// position turns the engine's position, whose column counts bytes, into one of the source whose column counts
// characters. It is 0, 0 for code that lowering added.
func (p *program) position(line, column int) (uint32, uint32) {
	if line < 1 || column < 1 {
		return 0, 0
	}
	text, _ := script.LineOf(p.text(), line)
	before := text[:min(column-1, len(text))]
	if len(before) < len(text) && text[len(before)] == '(' {
		// The engine points at a call's bracket; people look for the name before it.
		before = strings.TrimRightFunc(before, isNamePart)
		column = len(before) + 1
	}
	if p.lowered != nil {
		if line, column = p.lowered.Position(line, column); line == 0 {
			return 0, 0
		}
		text, _ = script.LineOf(p.source, line)
	}
	return characters(text, line, column)
}

// characters turns a column of a line of text that counts bytes into one that counts characters.
func characters(text string, line, column int) (uint32, uint32) {
	before := text[:min(column-1, len(text))]
	// Continuation bytes are not characters.
	characters := column - 1
	for i := range len(before) {
		if before[i]&0xC0 == 0x80 {
			characters--
		}
	}
	return uint32(line), uint32(characters + 1) //nolint:gosec // bounded by the size of the source
}

// isNamePart reports whether a character may stand in a name.
func isNamePart(c rune) bool {
	return c == '_' || c == '$' || unicode.IsLetter(c) || unicode.IsDigit(c)
}

// programs keeps compiled programs by key and forgets those not used for longest.
type programs struct {
	byKey map[[32]byte]*list.Element
	order *list.List // of *program, the last used first
	bytes int
}

func newPrograms() *programs {
	return &programs{byKey: make(map[[32]byte]*list.Element), order: list.New()}
}

func (c *programs) get(key [32]byte) *program {
	e := c.byKey[key]
	if e == nil {
		return nil
	}
	c.order.MoveToFront(e)
	p, _ := e.Value.(*program)
	return p
}

// put keeps a program, whose key must be its source's: a wrong one would have later runs carry out the wrong script.
func (c *programs) put(p *program) {
	if c.byKey[p.key] != nil || p.size() > maxProgramBytes || hashOf(p.source) != p.key {
		return
	}
	c.byKey[p.key] = c.order.PushFront(p)
	c.bytes += p.size()
	for c.order.Len() > maxPrograms || c.bytes > maxProgramBytes {
		last := c.order.Back()
		old, _ := c.order.Remove(last).(*program)
		delete(c.byKey, old.key)
		c.bytes -= old.size()
	}
}
