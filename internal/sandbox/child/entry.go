package child

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dop251/goja"

	"peneira/internal/sandbox/wire"
	"peneira/internal/script"
)

// findEntry finds the function to call: the first of script.EntryPoints that the script defines as one, however it does,
// or that the module exports.
func (r *run) findEntry(exports *goja.Object) (string, goja.Callable, *wire.Failure) {
	names, get := script.EntryPoints, r.vm.Get
	missing := "the script defines no function named process(data); define one at its top level: " +
		"function process(data) { return data; }"
	if exports != nil {
		names, get = exportNames, exports.Get
		missing = "the module exports no function to call; export one: export default function (data) { return data; }"
	}
	var wrong string // what the first name stands for that is defined and is not a function
	for _, name := range names {
		var value goja.Value
		if err := r.try(func() { value = get(name) }); err != nil {
			return "", nil, r.failed(err)
		}
		if value == nil || goja.IsUndefined(value) {
			continue
		}
		kind, call := r.callable(value)
		if call != nil {
			return name, call, nil
		}
		if wrong == "" {
			wrong = fmt.Sprintf("%s is %s; it must be a function that takes the data and returns the result", name, kind)
		}
	}
	if wrong == "" {
		wrong = missing
	}
	return "", nil, &wire.Failure{Fault: wire.ScriptFault, Name: "TypeError", Message: wrong}
}

// exportNames are the names under which a module may export its function, in the order in which they are looked for.
var exportNames = slices.Insert(slices.Clone(script.EntryPoints), 1, "default")

// callable returns the function that a value is, or says what it is instead.
func (r *run) callable(value goja.Value) (string, goja.Callable) {
	call, ok := goja.AssertFunction(value)
	if !ok {
		return describeKind(value), nil
	}
	// A class is callable by its type, and throws when it is called.
	if text, err := r.tools.call(functionText, value); err == nil && strings.HasPrefix(text.String(), "class") {
		return "a class", nil
	}
	return "", call
}

// describeKind says what kind of thing a value is: "a number", "an object".
func describeKind(value goja.Value) string {
	switch {
	case goja.IsNull(value):
		return "null"
	case goja.IsString(value):
		return "a string"
	case goja.IsNumber(value):
		return "a number"
	case goja.IsBigInt(value):
		return "a BigInt"
	}
	switch v := value.(type) {
	case *goja.Object:
		if v.ClassName() == "Array" {
			return "an array"
		}
		return "an object"
	case *goja.Symbol:
		return "a symbol"
	default:
		return "a boolean"
	}
}
