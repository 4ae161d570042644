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
	// patterns has a program need it whose regular expressions had to be rewritten.
	patterns bool
}

// additions are installed in this order, before any guest code runs: what they rely on, no guest has changed.
var additions = []addition{
	{usedBy: words(laterSymbols...), install: addSymbols},
	{usedBy: words("groupBy"), install: ownScript("group.js")},
	{usedBy: words("withResolvers", ".try", `"try"`, "'try'"), install: ownScript("promise.js")},
	{usedBy: words("fromAsync"), install: ownScript("fromasync.js")},
	{usedBy: words("WellFormed"), install: ownScript("wellformed.js", isWellFormed, toWellFormed)},
	{usedBy: words("structuredClone"), install: ownScript("clone.js", kindForClone)},
	// It comes before what is added to RegExp.
	{usedBy: words("RegExp", ".constructor", ".compile"), install: ownScript("regexp.js", rewritePattern, originalPattern), patterns: true},
	{usedBy: words("escape"), install: ownScript("escape.js")},
	{usedBy: words("Intl", "toLocale", "localeCompare"), install: ownScript("intl.js", digitsOf, fieldsOf, compareTexts)},
	{usedBy: usesIterators, install: ownScript("iterator.js")},
}

// words returns what tells whether a text has any of the words.
func words(words ...string) func(string) bool {
	return func(text string) bool {
		return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(text, word) })
	}
}

// neededBy returns the additions that a text may use; patterns says whether its regular expressions had to be rewritten.
func neededBy(text string, patterns bool) []addition {
	var needed []addition
	for _, a := range additions {
		if a.usedBy(text) || a.patterns && patterns {
			needed = append(needed, a)
		}
	}
	return needed
}

// native is a function that an addition's script is given.
type native func(r *run, call goja.FunctionCall) goja.Value

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
			args[i] = r.vm.ToValue(func(c goja.FunctionCall) goja.Value { return f(r, c) })
		}
		_, err = call(goja.Undefined(), args...)
		return err
	}
}
