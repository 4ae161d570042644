package child

import (
	"github.com/dop251/goja"

	"peneira/internal/sandbox/locale"
)

// digitsOf writes a number, or a text of decimal digits, that is not negative, as its further arguments say.
func digitsOf(r *run, call goja.FunctionCall) goja.Value {
	d := locale.Digits{
		Shift: int(call.Argument(1).ToInteger()), MinInteger: int(call.Argument(2).ToInteger()),
		Least: int(call.Argument(3).ToInteger()), Most: int(call.Argument(4).ToInteger()),
		Significant: call.Argument(5).ToBoolean(), Group: call.Argument(6).String(), Point: call.Argument(7).String(),
	}
	value := call.Argument(0)
	if goja.IsString(value) {
		return r.vm.ToValue(d.Decimal(value.String()))
	}
	return r.vm.ToValue(d.Float(value.ToFloat()))
}

// fieldsOf returns the fields of a moment in a time zone, or undefined.
func fieldsOf(r *run, call goja.FunctionCall) goja.Value {
	f, ok := locale.FieldsOf(call.Argument(0).ToFloat(), call.Argument(1).String())
	if !ok {
		return goja.Undefined()
	}
	object := r.vm.CreateObject(nil) // which inherits nothing that a guest may have changed
	for _, field := range []struct {
		name  string
		value int
	}{
		{"year", f.Year},
		{"month", f.Month},
		{"day", f.Day},
		{"weekday", f.Weekday},
		{"hour", f.Hour},
		{"minute", f.Minute},
		{"second", f.Second},
	} {
		if err := object.Set(field.name, field.value); err != nil {
			panic(err)
		}
	}
	return object
}

// compareTexts compares two texts by a sensitivity, and with numbers by value or not.
func compareTexts(r *run, call goja.FunctionCall) goja.Value {
	key := orderKey{call.Argument(2).String(), call.Argument(3).ToBoolean()}
	order := r.orders[key]
	if order == nil {
		order = locale.NewOrder(key.sensitivity, key.numeric)
		if r.orders == nil {
			r.orders = make(map[orderKey]*locale.Order)
		}
		r.orders[key] = order
	}
	return r.vm.ToValue(order.Compare(call.Argument(0).String(), call.Argument(1).String()))
}

// orderKey is what tells the orders of a run apart.
type orderKey struct {
	sensitivity string
	numeric     bool
}
