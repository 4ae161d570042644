package child

import (
	"unicode/utf16"

	"github.com/dop251/goja"
)

const replacement = 0xFFFD

// lone reports whether the unit at i of a text is half of a pair without its other half.
func lone(text goja.String, i int) bool {
	switch unit := rune(text.CharAt(i)); {
	case !utf16.IsSurrogate(unit):
		return false
	case unit < 0xDC00:
		return i+1 == text.Length() || utf16.DecodeRune(unit, rune(text.CharAt(i+1))) == replacement
	default:
		return i == 0 || utf16.DecodeRune(rune(text.CharAt(i-1)), unit) == replacement
	}
}

// isWellFormed is String.prototype.isWellFormed.
func isWellFormed(r *run, call goja.FunctionCall) goja.Value {
	text, ok := call.Argument(0).ToString().(goja.String)
	for i := 0; ok && i < text.Length(); i++ {
		if lone(text, i) {
			return r.vm.ToValue(false)
		}
	}
	return r.vm.ToValue(true)
}

// toWellFormed is String.prototype.toWellFormed.
func toWellFormed(r *run, call goja.FunctionCall) goja.Value {
	text, ok := call.Argument(0).ToString().(goja.String)
	if !ok || isWellFormed(r, call).ToBoolean() {
		return call.Argument(0)
	}
	units := make([]uint16, text.Length())
	for i := range units {
		units[i] = text.CharAt(i)
		if lone(text, i) {
			units[i] = replacement
		}
	}
	return goja.StringFromUTF16(units)
}
