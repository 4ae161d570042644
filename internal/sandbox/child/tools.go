package child

import (
	"errors"
	"fmt"

	"github.com/dop251/goja"
)

// tools are functions of the realm, taken before any guest code can replace them.
type tools struct {
	stringify      goja.Callable // JSON.stringify
	functionText   goja.Callable // Function.prototype.toString
	defineProperty goja.Callable // Object.defineProperty
	describe       goja.Callable // Object.getOwnPropertyDescriptor
	dateText       goja.Callable // Date.prototype.toISOString
	regExpText     goja.Callable // RegExp.prototype.toString
	stringText     goja.Callable // String.prototype.toString
	mapEach        goja.Callable // Map.prototype.forEach
	setEach        goja.Callable // Set.prototype.forEach
	vm             *goja.Runtime
}

// takeTools takes the tools from a new realm.
func takeTools(vm *goja.Runtime) *tools {
	return &tools{
		vm:             vm,
		stringify:      method(vm, "JSON", "stringify"),
		functionText:   method(vm, "Function", "prototype", "toString"),
		defineProperty: method(vm, "Object", "defineProperty"),
		describe:       method(vm, "Object", "getOwnPropertyDescriptor"),
		dateText:       method(vm, "Date", "prototype", "toISOString"),
		regExpText:     method(vm, "RegExp", "prototype", "toString"),
		stringText:     method(vm, "String", "prototype", "toString"),
		mapEach:        method(vm, "Map", "prototype", "forEach"),
		setEach:        method(vm, "Set", "prototype", "forEach"),
	}
}

// method follows a path of names from the global object to a function. It panics if there is none, which in a new realm
// is an error in the engine.
func method(vm *goja.Runtime, path ...string) goja.Callable {
	object := vm.GlobalObject()
	for _, name := range path[:len(path)-1] {
		next, ok := object.Get(name).(*goja.Object)
		if !ok {
			panic(fmt.Errorf("the realm has no %v", path))
		}
		object = next
	}
	call, ok := goja.AssertFunction(object.Get(path[len(path)-1]))
	if !ok {
		panic(fmt.Errorf("the realm has no %v", path))
	}
	return call
}

// errEmptyInput is the fault of a parent that sends no input.
var errEmptyInput = errors.New("there is no input")
