package child

import (
	"reflect"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
)

// A for-of loop over an array needs an iterator only because the standard says so: nobody sees it. So the loop
//
//	for (const x of rows) …
//
// becomes one over each item(rows), which is rows, unless that is an ordinary array whose iterator would be the engine's own:
// then it is an iterator of the same kind whose steps are one object, used again and again. The engine reads it at once.

// loops are the for-of loops over arrays in one realm.
type loops struct {
	vm        *goja.Runtime
	iterates  mark         // Array.prototype[Symbol.iterator]
	steps     mark         // %ArrayIteratorPrototype%.next
	arrays    *goja.Object // Array.prototype
	prototype *goja.Object // of the iterators
	step      *goja.Object // with value and done
	place     *goja.Value  // of its value
	end       *goja.Object // the last step
}

// loop is the iterator of one loop.
type loop struct {
	object   objectLayout
	iterator iteratorLayout
}

// rewriteLoop has a for-of loop go over each item of what it goes over.
func (q *quickProgram) rewriteLoop(v reflect.Value) {
	statement := nodeOf[ast.ForOfStatement](v)
	if statement == nil {
		return
	}
	if _, literal := statement.Source.(*ast.ArrayLiteral); literal {
		return // it is short
	}
	statement.Source = callOf(eachItemName, statement.Source, statement.Source)
	q.loops = true
}

// prepareLoops makes what the loops of a realm need. It is called before any guest code runs.
func (s *stepper) prepareLoops(vm *goja.Runtime) {
	iterator, next := arrayIterator(vm)
	engines := iterator.Prototype()
	l := &loops{vm: vm, arrays: vm.NewArray().Prototype()}
	l.iterates = markOfSymbol(l.arrays, goja.SymIterator)
	l.steps = markOf(engines, "next")
	if l.steps.value() != goja.Value(next) || !l.iterates.intact() {
		return
	}
	l.prototype = vm.CreateObject(engines)
	names := s.shape.names
	step := []goja.Value{goja.Undefined(), falseValue}
	s.maker.shaped(s.shape, step) // the first one is not laid out
	l.step = s.maker.shaped(s.shape, step)
	l.end = s.maker.shaped(s.shape, []goja.Value{goja.Undefined(), trueValue})
	group := groupOf(baseOf(l.step).values, names)
	if group == nil {
		return
	}
	l.place = &group.slots[0].value
	itself := vm.ToValue(func(call goja.FunctionCall) goja.Value { return call.This })
	if l.prototype.Set("next", s.nextOfLoop) != nil || l.prototype.SetSymbol(goja.SymIterator, itself) != nil {
		return
	}
	s.loops = l
}

// eachItem returns what a loop over its argument goes over.
func (s *stepper) eachItem(call goja.FunctionCall) goja.Value {
	v := call.Argument(0)
	o, ok := v.(*goja.Object)
	if !ok || selfOf(o).tab != arrayKind || s.loops == nil {
		return v
	}
	base, l := baseOf(o), s.loops
	if base.prototype != l.arrays || base.symValues != nil || !l.iterates.intact() || !l.steps.intact() {
		return v
	}
	return l.over(o)
}

// over returns an iterator over an array.
func (l *loops) over(array *goja.Object) *goja.Object {
	made := &loop{}
	o := (*goja.Object)(unsafe.Pointer(&made.object)) //nolint:gosec // see checkLayout
	made.iterator = iteratorLayout{
		baseObject: baseLayout{class: plainClass, val: o, prototype: l.prototype, extensible: true, values: make(memberMap)},
		obj:        array, kind: valuesOnly,
	}
	made.object = objectLayout{self: face{tab: iteratorKind, data: unsafe.Pointer(&made.iterator)}, runtime: l.vm} //nolint:gosec // see checkLayout
	return o
}

// nextOfLoop is the next of such an iterator.
func (s *stepper) nextOfLoop(call goja.FunctionCall) goja.Value {
	if v := s.item(call.This); v != nil {
		*s.loops.place = v
		return s.loops.step
	}
	if isAtEnd(call.This) {
		return s.loops.end
	}
	return s.engines(call)
}

// isAtEnd reports whether the iterator of a loop has come to the end of an ordinary array, from which it does not come back.
func isAtEnd(this goja.Value) bool {
	o, ok := this.(*goja.Object)
	if !ok || selfOf(o).tab != iteratorKind {
		return false
	}
	iterator := (*iteratorLayout)(selfOf(o).data)
	if iterator.obj == nil || selfOf(iterator.obj).tab != arrayKind || iterator.nextIdx < int64(arrayOf(iterator.obj).length) {
		return false
	}
	iterator.obj = nil
	return true
}
