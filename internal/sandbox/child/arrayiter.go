package child

import (
	"unsafe"

	"github.com/dop251/goja"
)

// A for-of loop over an array asks an iterator for an object with value and done at each step. The engine makes it member by
// member; here it is made as the reader makes rows. The function that does so is the engine's own, %ArrayIteratorPrototype%.next,
// with other code behind it, and what is not an ordinary item of an ordinary array it leaves to the engine's code. It pays
// in runs with a large input only, whose loops are long. Loops in the script's own text need not even that: see loops.go.

// functionLayout mirrors the engine's function that is written in Go.
type functionLayout struct {
	baseFuncObject struct {
		baseObject baseLayout
		lenProp    propertyLayout
	}
	f         func(goja.FunctionCall) goja.Value
	construct func(args []goja.Value, newTarget *goja.Object) *goja.Object
}

// iteratorLayout mirrors the engine's iterator over an array.
type iteratorLayout struct {
	baseObject baseLayout
	obj        *goja.Object // nil once it is done
	nextIdx    int64
	kind       int
}

// The kinds of object that an iterator over an array and a function written in Go are, and what iterators over an array's
// items, not over its indices or both, are told by.
var (
	iteratorKind, functionKind unsafe.Pointer
	valuesOnly                 int
)

func init() { //nolint:gochecknoinits // the three are found together
	vm := goja.New()
	iterator, next := arrayIterator(vm)
	iteratorKind, functionKind = selfOf(iterator).tab, selfOf(next).tab
	valuesOnly = (*iteratorLayout)(selfOf(iterator).data).kind
}

// arrayIterator returns a new realm's iterator over an array's items, and the function next.
func arrayIterator(vm *goja.Runtime) (iterator, next *goja.Object) {
	values, _ := goja.AssertFunction(vm.NewArray().GetSymbol(goja.SymIterator))
	made, err := values(vm.NewArray())
	if err != nil {
		return nil, nil
	}
	iterator, _ = made.(*goja.Object)
	next, _ = iterator.Get("next").(*goja.Object)
	return iterator, next
}

// stepper makes the steps of iterators over arrays in one realm.
type stepper struct {
	engines func(goja.FunctionCall) goja.Value
	maker   *maker
	shape   *shape
	loops   *loops // nil until prepared
}

// quickenLoops puts our code behind next. It is called before any guest code runs. It returns nil if it cannot.
func quickenLoops(vm *goja.Runtime, inputBytes int) *stepper {
	_, next := arrayIterator(vm)
	if next == nil || selfOf(next).tab != functionKind {
		return nil
	}
	function := (*functionLayout)(selfOf(next).data)
	shape := newShape()
	for _, name := range []string{"value", "done"} {
		shape = shape.extend(name, scanned{plain: name, ascii: true}.name()).to
	}
	s := &stepper{engines: function.f, maker: newMaker(vm, inputBytes), shape: shape}
	function.f = s.next
	return s
}

func (s *stepper) next(call goja.FunctionCall) goja.Value {
	if v := s.item(call.This); v != nil {
		return s.maker.shaped(s.shape, []goja.Value{v, falseValue})
	}
	return s.engines(call)
}

// item takes the next item of an iterator over an array, or returns nil and takes none if it is not an ordinary one.
func (s *stepper) item(this goja.Value) goja.Value {
	o, ok := this.(*goja.Object)
	if !ok || selfOf(o).tab != iteratorKind {
		return nil
	}
	iterator := (*iteratorLayout)(selfOf(o).data)
	if iterator.kind != valuesOnly || iterator.obj == nil || selfOf(iterator.obj).tab != arrayKind {
		return nil
	}
	array := arrayOf(iterator.obj)
	i := iterator.nextIdx
	if i < 0 || i >= int64(array.length) || i >= int64(len(array.values)) {
		return nil
	}
	v := array.values[i]
	if v == nil || kindOf(v) == propertyKind {
		return nil
	}
	iterator.nextIdx++
	return v
}
