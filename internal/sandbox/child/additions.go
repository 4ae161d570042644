package child

import (
	"embed"
	"slices"
	"strings"
	"sync"

	"github.com/dop251/goja"
)

// addition is a part of the language that the engine lacks. A realm gets it when the text of its program says that it
// may use it: a program that does not pays nothing. One that makes up a name while it runs ("group" + "By") finds what
// the engine has: nothing.
type addition struct {
	usedBy  func(text string) bool
	install func(r *run) error
}

// additions are installed in this order, before any guest code runs: what they rely on, no guest has changed.
var additions = []addition{
	{words(laterSymbols...), addSymbols},
	{words("groupBy"), ownScript("group.js")},
	{words("withResolvers", ".try", `"try"`, "'try'"), ownScript("promise.js")},
	{words("fromAsync"), ownScript("fromasync.js")},
	{words("WellFormed"), ownScript("wellformed.js", isWellFormed, toWellFormed)},
	{words("structuredClone"), ownScript("clone.js", kindForClone)},
	{words("escape"), ownScript("escape.js")},
	{usesIterators, ownScript("iterator.js")},
}

// words returns what tells whether a text has any of the words.
func words(words ...string) func(string) bool {
	return func(text string) bool {
		return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(text, word) })
	}
}

// neededBy returns the additions that a text may use.
func neededBy(text string) []addition {
	var needed []addition
	for _, a := range additions {
		if a.usedBy(text) {
			needed = append(needed, a)
		}
	}
	return needed
}

// native is a function that an addition's script is given.
type native func(r *run, value goja.Value) goja.Value

//go:embed additions/*.js
var additionScripts embed.FS

// ownScript returns what runs one of our own scripts in a realm. It is compiled once, when it is first needed. One that is
// given natives is a function of them.
func ownScript(name string, natives ...native) func(*run) error {
	compiled := sync.OnceValues(func() (*goja.Program, error) {
		text, err := additionScripts.ReadFile("additions/" + name)
		if err != nil {
			return nil, err
		}
		return goja.Compile(name, string(text), true)
	})
	return func(r *run) error {
		code, err := compiled()
		if err != nil {
			return err
		}
		value, err := r.vm.RunProgram(code)
		if err != nil || len(natives) == 0 {
			return err
		}
		call, ok := goja.AssertFunction(value)
		if !ok {
			return errNoMethod
		}
		args := make([]goja.Value, len(natives))
		for i, f := range natives {
			args[i] = r.vm.ToValue(func(c goja.FunctionCall) goja.Value { return f(r, c.Argument(0)) })
		}
		_, err = call(goja.Undefined(), args...)
		return err
	}
}
