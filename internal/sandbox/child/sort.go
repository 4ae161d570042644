package child

import (
	"slices"
	"strconv"
	"unsafe"

	"github.com/dop251/goja"
)

// The engine sorts an array where it lies, which takes it half as many comparisons again as needed, and takes no notice of
// what is in order already. In runs with a large input the code behind Array.prototype.sort is ours for ordinary arrays with
// a function that compares: it takes the items out, merges what is in order, and puts them back, as the standard says.
// Everything else is left to the engine's code (docs/decisions/0042).

// quickenSort puts our code behind sort and toSorted. It is called before any guest code runs.
func quickenSort(vm *goja.Runtime) {
	put := func(name string, code func(o *goja.Object, sorted []goja.Value) *goja.Object) {
		method, ok := vm.NewArray().Get(name).(*goja.Object)
		if !ok || selfOf(method).tab != functionKind {
			return
		}
		function := (*functionLayout)(selfOf(method).data)
		engines := function.f
		function.f = func(call goja.FunctionCall) goja.Value {
			o, ok := call.This.(*goja.Object)
			compare := comparison(call.Argument(0))
			if !ok || compare == nil || selfOf(o).tab != arrayKind || !isDense(arrayOf(o)) {
				return engines(call)
			}
			return code(o, sorted(arrayOf(o).values, compare))
		}
	}
	put("sort", putBack)
	put("toSorted", func(_ *goja.Object, sorted []goja.Value) *goja.Object { return arrayWith(vm, sorted) })
}

// The kinds of function that a script writes down, and that have nothing but a body called.
var scriptFunctions = func() []unsafe.Pointer {
	var kinds []unsafe.Pointer
	for _, source := range []string{"(function () {})", "(() => 0)"} {
		made, err := goja.New().RunString(source)
		if o, ok := made.(*goja.Object); ok && err == nil {
			kinds = append(kinds, selfOf(o).tab)
		}
	}
	return kinds
}()

// comparison returns what calls the function that a value is, or nil if it is none of the script's.
func comparison(v goja.Value) func(goja.FunctionCall) goja.Value {
	o, ok := v.(*goja.Object)
	if !ok || !slices.Contains(scriptFunctions, selfOf(o).tab) {
		return nil
	}
	call, _ := o.Export().(func(goja.FunctionCall) goja.Value)
	return call
}

// isDense reports whether an array has all its items, and all are ordinary.
func isDense(a *arrayLayout) bool {
	return int(a.length) == len(a.values) && a.objCount == len(a.values) && a.propValueCount == 0 &&
		!slices.ContainsFunc(a.values, func(v goja.Value) bool { return v == nil || kindOf(v) == propertyKind })
}

// putBack writes the items to an array, with which the comparisons may have done anything.
func putBack(o *goja.Object, items []goja.Value) *goja.Object {
	if selfOf(o).tab == arrayKind && len(arrayOf(o).values) == len(items) && isDense(arrayOf(o)) {
		copy(arrayOf(o).values, items)
		return o
	}
	for i, v := range items {
		if err := o.Set(strconv.Itoa(i), v); err != nil {
			panic(err)
		}
	}
	return o
}

// sorted returns the items in the order that a function of the script's gives them. What is undefined comes last, and is not
// compared.
func sorted(items []goja.Value, compare func(goja.FunctionCall) goja.Value) []goja.Value {
	all := slices.Clone(items)
	m := &merger{compare: compare, items: slices.DeleteFunc(all, goja.IsUndefined)}
	m.sort()
	for i := len(m.items); i < len(all); i++ {
		all[i] = goja.Undefined()
	}
	return all
}

// merger sorts items, of which none is undefined, and keeps those that are equal in their order.
type merger struct {
	compare func(goja.FunctionCall) goja.Value
	items   []goja.Value
	spare   []goja.Value
	args    [2]goja.Value
}

// leastRun is up to what length items are put in order one by one.
const leastRun = 16

// sort merges runs of items that are in order: those that there are, if they are long, else those that it makes. Two
// neighbours are merged when they are of like length, so that an item is moved once for each doubling.
func (m *merger) sort() {
	var ends []int // of the runs that wait to be merged
	start := func(i int) int {
		if i == 0 {
			return 0
		}
		return ends[i-1]
	}
	for at := 0; at < len(m.items); {
		at = m.nextRun(at)
		ends = append(ends, at)
		for n := len(ends); n > 1; n = len(ends) {
			left, right := ends[n-2]-start(n-2), ends[n-1]-ends[n-2]
			if left > 2*right && at < len(m.items) {
				break
			}
			m.merge(start(n-2), ends[n-2], ends[n-1])
			ends = append(ends[:n-2], ends[n-1])
		}
	}
}

// nextRun has the items from a place on be in order for as long as they are, or can cheaply be made to be. It returns the end.
func (m *merger) nextRun(from int) int {
	items := m.items[from:]
	if len(items) < 2 { //nolint:mnd // one is in order
		return from + len(items)
	}
	n := 2
	if m.less(items[1], items[0]) {
		for n < len(items) && m.less(items[n], items[n-1]) {
			n++
		}
		slices.Reverse(items[:n])
	} else {
		for n < len(items) && !m.less(items[n], items[n-1]) {
			n++
		}
	}
	for ; n < len(items) && n < leastRun; n++ {
		v := items[n]
		low, high := 0, n
		for low < high {
			if middle := (low + high) / 2; m.less(v, items[middle]) { //nolint:mnd // the half
				high = middle
			} else {
				low = middle + 1
			}
		}
		copy(items[low+1:n+1], items[low:n])
		items[low] = v
	}
	return from + n
}

// merge puts two neighbours that are in order in one.
func (m *merger) merge(from, middle, to int) {
	if !m.less(m.items[middle], m.items[middle-1]) {
		return // they are one already
	}
	m.spare = append(m.spare[:0], m.items[from:middle]...)
	left := m.spare
	out, right := m.items[from:to], m.items[middle:to]
	for len(left) > 0 && len(right) > 0 {
		if m.less(right[0], left[0]) {
			out[0], right = right[0], right[1:]
		} else {
			out[0], left = left[0], left[1:]
		}
		out = out[1:]
	}
	copy(out, left)
}

// less reports whether the script has a before b.
func (m *merger) less(a, b goja.Value) bool {
	m.args = [2]goja.Value{a, b}
	return m.compare(goja.FunctionCall{This: goja.Undefined(), Arguments: m.args[:]}).ToFloat() < 0
}
