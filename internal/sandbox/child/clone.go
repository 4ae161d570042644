package child

import (
	"reflect"

	"github.com/dop251/goja"
)

// kindForClone says what kind of object a value is, as structuredClone tells them apart. One that it refuses has a name
// that it does not know.
func kindForClone(r *run, call goja.FunctionCall) goja.Value {
	object, ok := call.Argument(0).(*goja.Object)
	if !ok {
		return r.vm.ToValue("Value")
	}
	kind := object.ClassName()
	if kind == "Array" {
		return r.vm.ToValue(kind)
	}
	switch t := object.ExportType(); {
	case t == proxyType:
		kind = "Proxy"
	case t == promiseType:
		kind = "Promise"
	case t == bufferType:
		kind = "ArrayBuffer"
	case t == mapType:
		kind = "Map"
	case t == setType:
		kind = "Set"
	case t != nil && t.Kind() == reflect.Slice:
		kind = "TypedArray"
	}
	return r.vm.ToValue(kind)
}
