// Package lower turns TypeScript, ES modules and syntax that the engine lacks into scripts that it can run.
//
// It runs within the sandbox and under the limits of a run: what it reads is hostile, and it is a compiler in a language
// whose stack overflows cannot be caught.
package lower

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// Dialect is what a source is taken for.
type Dialect int

// The dialects, in the order in which they are tried.
const (
	JavaScript Dialect = iota
	TypeScript
)

// Code is a source as it is after lowering.
type Code struct {
	// Text is a script in ASCII. That of a module is an expression: a function that takes the module's object, whose
	// exports it sets, and a function for what it imports.
	Text   string
	Module bool
	// mappings says, in the encoding of source maps, which position of the source each position in Text stands for. It is
	// read when an error needs it: most programs never need theirs.
	mappings string
	source   string
}

// SyntaxError is what is wrong with a source. It implements error.
type SyntaxError struct {
	Message string
	Line    int // from 1; 0 when it is not known
	Column  int // from 1, in bytes
}

// Error implements error.
func (f *SyntaxError) Error() string { return f.Message }

// fileName is the name of the source, from which the compiler derives that of a default export without one.
const fileName = "script.js"

// defaultName is what the compiler calls a default export without a name.
const defaultName = "script_default"

// supported overrides what the target says that the engine knows.
var supported = map[string]bool{
	"async-generator": false,
	"dynamic-import":  false,
	"for-await":       false,
	"import-meta":     false,
	"top-level-await": false,
}

// settings has class fields as JavaScript defines them, whatever the dialect.
const settings = `{"compilerOptions":{"useDefineForClassFields":true}}`

// Lower lowers a source. The error is a *SyntaxError.
//
// The target is as new as the engine: what it knows stays as it was written, and keeps its speed and its messages.
func Lower(source string, dialect Dialect) (*Code, error) {
	loader := api.LoaderJS
	if dialect == TypeScript {
		loader = api.LoaderTS
	}
	input := source
	if strings.Contains(source, "sourceMappingURL") {
		// The compiler would follow a map that the source comes with. The last such comment counts, and this is not a map.
		input += "\n//# sourceMappingURL=none"
	}
	result := api.Transform(input, api.TransformOptions{
		Loader: loader, Sourcefile: fileName, TsconfigRaw: settings,
		Target: api.ES2022, Supported: supported, Format: api.FormatCommonJS,
		Sourcemap: api.SourceMapExternal, SourcesContent: api.SourcesContentExclude,
		LogLevel: api.LogLevelSilent, LogLimit: 1,
	})
	if len(result.Errors) > 0 {
		return nil, faultOf(&result.Errors[0])
	}
	var m struct {
		Mappings string `json:"mappings"`
	}
	if err := json.Unmarshal(result.Map, &m); err != nil {
		return nil, &SyntaxError{Message: fmt.Sprintf("the compiler made no source map: %v", err)}
	}
	code := &Code{Text: string(result.Code), mappings: m.Mappings, source: source}
	code.wrap()
	return code, nil
}

// The compiler marks what a module exports with this line. A script that has it too is run as a module, which does it no
// harm.
const exportsLine = "\nmodule.exports = __toCommonJS("

// The lines around a module. A module is strict. Nothing stands before the code in its first line.
const (
	moduleStart = "(function (module, require) { \"use strict\";\n"
	moduleEnd   = "\n})"
)

// wrap makes an expression of a module.
func (c *Code) wrap() {
	if !strings.Contains(c.Text, exportsLine) {
		return
	}
	c.Module = true
	if strings.HasPrefix(c.Text, "#!") {
		c.Text = "//" + c.Text[2:] // it is a comment only at the very beginning
	}
	c.Text = moduleStart + c.Text + moduleEnd
	c.mappings = ";" + c.mappings
}

// Name returns what the source calls a function that is called name in the code.
func (c *Code) Name(name string) string {
	if name == defaultName {
		return "default"
	}
	return name
}

// faultOf describes an error of the compiler.
func faultOf(m *api.Message) *SyntaxError {
	f := &SyntaxError{Message: m.Text}
	if m.Location != nil {
		f.Line, f.Column = m.Location.Line, m.Location.Column+1
	}
	return f
}
