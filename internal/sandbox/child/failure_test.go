package child

import "testing"

// TestNoPrimitive holds that the message of the engine's that prints an object's memory is replaced, and no other.
func TestNoPrimitive(t *testing.T) {
	t.Parallel()
	const want = "TypeError: Cannot convert object to primitive value"
	for body, want := range map[string]string{
		"return '' + {toString: () => ({}), valueOf: () => ({})}":        want,
		"return 1 * {toString: () => ({}), valueOf: () => ({})}":         want,
		"return `${[{toString: null, valueOf: null}]}`":                  want,
		"return '' + Object.create(null)":                                want,
		"return new Date({[Symbol.toPrimitive]: () => ({})})":            want,
		"throw new TypeError('Could not convert the rows to primitive')": "TypeError: Could not convert the rows to primitive",
		"throw new RangeError('Could not convert &{} to primitive')":     "RangeError: Could not convert &{} to primitive",
	} {
		if got := outcomeOf("function process(data) { "+body+" }", "1"); got != want {
			t.Errorf("%s: %s", body, got)
		}
	}
}
