package child

import (
	"errors"
	"fmt"

	"github.com/dop251/goja"
)

// tools are functions of the realm that the harness calls.
//
// The one that writes results is taken before any guest code can replace it. The others serve the console and the
// search for the entry point: they are looked up when they are first needed, since a new realm makes its objects only
// when they are asked for, and to make them all would cost a small script more than its own run. A script that has
// replaced one by then misleads nobody but itself.
type tools struct {
	vm        *goja.Runtime
	stringify goja.Callable
	later     map[tool]goja.Callable
}

// tool names a function that is looked up when it is needed.
type tool int

// The tools.
const (
	functionText   tool = iota // Function.prototype.toString
	stringText                 // String.prototype.toString
	dateText                   // Date.prototype.toISOString
	regExpText                 // RegExp.prototype.toString
	defineProperty             // Object.defineProperty
	describe                   // Object.getOwnPropertyDescriptor
	mapEach                    // Map.prototype.forEach
	setEach                    // Set.prototype.forEach
)

// paths says where the tools are.
var paths = map[tool][]string{
	functionText:   {"Function", "prototype", "toString"},
	stringText:     {"String", "prototype", "toString"},
	dateText:       {"Date", "prototype", "toISOString"},
	regExpText:     {"RegExp", "prototype", "toString"},
	defineProperty: {"Object", "defineProperty"},
	describe:       {"Object", "getOwnPropertyDescriptor"},
	mapEach:        {"Map", "prototype", "forEach"},
	setEach:        {"Set", "prototype", "forEach"},
}

// takeTools prepares the tools of a new realm.
func takeTools(vm *goja.Runtime) *tools {
	stringify, err := method(vm, "JSON", "stringify")
	if err != nil {
		panic(err)
	}
	return &tools{vm: vm, stringify: stringify}
}

// call calls a tool. Guest code may run, if the script has replaced it.
func (t *tools) call(name tool, this goja.Value, args ...goja.Value) (goja.Value, error) {
	found := t.later[name]
	if found == nil {
		var err error
		if found, err = method(t.vm, paths[name]...); err != nil {
			return nil, err
		}
		if t.later == nil {
			t.later = make(map[tool]goja.Callable)
		}
		t.later[name] = found
	}
	return found(this, args...)
}

// errNoMethod is the error of a realm in which a tool has been removed.
var errNoMethod = errors.New("the realm has no such function")

// method follows a path of names from the global object to a function.
func method(vm *goja.Runtime, path ...string) (call goja.Callable, err error) {
	ex := vm.Try(func() {
		object := vm.GlobalObject()
		for _, name := range path[:len(path)-1] {
			next, ok := object.Get(name).(*goja.Object)
			if !ok {
				return
			}
			object = next
		}
		call, _ = goja.AssertFunction(object.Get(path[len(path)-1]))
	})
	switch {
	case ex != nil:
		return nil, ex
	case call == nil:
		return nil, fmt.Errorf("%w: %v", errNoMethod, path)
	default:
		return call, nil
	}
}
