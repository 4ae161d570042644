package child

import (
	"strings"

	"github.com/dop251/goja"
)

// quickenSplit has String.prototype.split make its array and its texts as the reader makes those of the input, where text and
// separator are strings of ASCII. Everything else is left to the engine's code, which is behind the same function. It is
// called before any guest code runs.
func quickenSplit(vm *goja.Runtime, m *maker) {
	method, ok := vm.ToValue("").ToObject(vm).Prototype().Get("split").(*goja.Object)
	if !ok || selfOf(method).tab != functionKind {
		return
	}
	function := (*functionLayout)(selfOf(method).data)
	engines := function.f
	function.f = func(call goja.FunctionCall) goja.Value {
		text, ok := asciiText(call.This)
		separator, separated := asciiText(call.Argument(0))
		if !ok || !separated || separator == "" || !goja.IsUndefined(call.Argument(1)) {
			return engines(call)
		}
		parts := make([]goja.Value, 0, strings.Count(text, separator)+1)
		for part := range strings.SplitSeq(text, separator) {
			parts = append(parts, m.text(part))
		}
		return m.array(parts)
	}
}

// asciiText returns the text of a string that the engine holds as ASCII.
func asciiText(v goja.Value) (string, bool) {
	f := faceOf(&v)
	if f.tab != asciiKind {
		return "", false
	}
	return *(*string)(f.data), true
}
