package child

import (
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/dop251/goja"
)

// The bounds on what an inspection shows of one value.
const (
	inspectDepth = 3   // levels of nesting that are shown
	inspectItems = 100 // items of one array, or members of one object
	lineWidth    = 76  // an object that is longer takes a line for each member
)

// inspector writes values for people, much as Node's util.inspect. It runs no guest code: no getters, no toString, no
// traps of a Proxy.
type inspector struct {
	run  *run
	most int // bytes after which it does not go on
	used int
	open []*goja.Object // those that it is inside of, to see cycles
}

// The types by which the engine shows what its objects are.
var (
	proxyType  = reflect.TypeFor[goja.Proxy]()
	mapType    = reflect.TypeFor[[][2]any]()
	setType    = reflect.TypeFor[[]any]()
	bufferType = reflect.TypeFor[goja.ArrayBuffer]()
)

// inspect writes a value. It never fails: what cannot be read is shown as such.
func (in *inspector) inspect(value goja.Value) string {
	text := in.text(value)
	in.used += len(text)
	return text
}

func (in *inspector) text(value goja.Value) string {
	switch v := value.(type) {
	case nil:
		return "undefined"
	case *goja.Object:
		return in.object(v)
	case *goja.Symbol:
		return "Symbol(" + v.String() + ")"
	}
	switch {
	case goja.IsString(value):
		return quote(cut(value.String(), in.most))
	case goja.IsBigInt(value):
		return in.bigInt(value)
	case goja.IsNumber(value) && isNegativeZero(value):
		return "-0"
	default:
		return value.String()
	}
}

// bigInt writes a BigInt. Writing digits takes time that grows with the square of their number, and cannot be
// interrupted.
func (in *inspector) bigInt(value goja.Value) string {
	const mostBits = 1 << 14
	if n, ok := value.Export().(interface{ BitLen() int }); ok && n.BitLen() > mostBits {
		return "[BigInt of " + strconv.Itoa(n.BitLen()) + " bits]"
	}
	return value.String() + "n"
}

func isNegativeZero(value goja.Value) bool {
	f := value.ToFloat()
	return f == 0 && math.Signbit(f)
}

// quote writes a string as a literal, in single quotes unless others need no escapes.
func quote(s string) string {
	mark := "'"
	if strings.Contains(s, "'") {
		switch {
		case !strings.Contains(s, `"`):
			mark = `"`
		case !strings.Contains(s, "`"):
			mark = "`"
		}
	}
	escape := strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`, mark, `\`+mark)
	return mark + escape.Replace(s) + mark
}

func (in *inspector) object(o *goja.Object) (text string) {
	if o.ExportType() == proxyType {
		return "[Proxy]"
	}
	if slices.Contains(in.open, o) {
		return "[Circular]"
	}
	in.open = append(in.open, o)
	defer func() { in.open = in.open[:len(in.open)-1] }()

	err := in.run.try(func() { text = in.byClass(o) })
	if err != nil {
		if isStop(err) {
			panic(err)
		}
		return "[" + o.ClassName() + "]"
	}
	return text
}

// byClass writes an object as its kind is written.
func (in *inspector) byClass(o *goja.Object) string {
	deep := len(in.open) > inspectDepth
	if text := in.byType(o, deep); text != "" {
		return text
	}
	switch class := o.ClassName(); class {
	case "Array":
		if deep {
			return "[Array]"
		}
		length := int64(0)
		if v := in.own(o, "length"); v != nil {
			length = v.ToInteger()
		}
		return in.list(o, length, "")
	case "Function":
		return in.function(o)
	case "Error":
		return in.err(o)
	case "Date", "RegExp":
		write, fallback := dateText, "Invalid Date"
		if class == "RegExp" {
			write, fallback = regExpText, "[RegExp]"
		}
		text, err := in.run.tools.call(write, o)
		if err != nil {
			if isStop(err) {
				panic(err)
			}
			return fallback
		}
		return text.String()
	case "Number", "String", "Boolean", "Symbol", "BigInt":
		return "[" + class + ": " + in.boxed(o) + "]"
	case "Object":
		if deep {
			return "[Object]"
		}
		return in.plain(o)
	default:
		return "[" + class + "]"
	}
}

// byType writes the objects that only the engine's own type tells apart, and "" for all others.
func (in *inspector) byType(o *goja.Object, deep bool) string {
	if o.ClassName() == "Array" {
		return ""
	}
	kind := ""
	switch t := o.ExportType(); {
	case t == promiseType:
		return "Promise {}"
	case t == bufferType:
		return "ArrayBuffer {}"
	case t == mapType:
		kind = "Map"
	case t == setType:
		kind = "Set"
	case t != nil && t.Kind() == reflect.Slice:
		kind = strings.TrimSpace(in.className(o))
		if !deep {
			return in.list(o, int64(reflect.ValueOf(o.Export()).Len()), kind)
		}
	}
	switch {
	case kind == "":
		return ""
	case deep:
		return "[" + kind + "]"
	default:
		return in.collection(o, kind)
	}
}

// boxed writes the primitive value that a wrapper object holds.
func (in *inspector) boxed(o *goja.Object) string {
	if o.ClassName() == "String" {
		text, err := in.run.tools.call(stringText, o)
		if err != nil {
			panic(err)
		}
		return quote(cut(text.String(), in.most))
	}
	switch v := o.Export().(type) {
	case int64, float64, bool:
		return in.run.vm.ToValue(v).String()
	default:
		return "…"
	}
}

// label writes a key as it would stand in a literal.
func label(key string) string {
	for i, c := range key {
		letter := c == '_' || c == '$' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c > 0x7F
		if !letter && (i == 0 || c < '0' || c > '9') {
			return quote(key)
		}
	}
	if key == "" {
		return "''"
	}
	return key
}

// wrap writes items between brackets: in one line if they fit, else each on its own.
func wrap(open string, items []string, end string) string {
	if len(items) == 0 {
		return open + end
	}
	width := 0
	for _, item := range items {
		width += len(item) + len(", ")
		if strings.Contains(item, "\n") {
			width = lineWidth + 1
		}
	}
	if width <= lineWidth {
		return open + " " + strings.Join(items, ", ") + " " + end
	}
	for i, item := range items {
		items[i] = "  " + strings.ReplaceAll(item, "\n", "\n  ")
	}
	return open + "\n" + strings.Join(items, ",\n") + "\n" + end
}

// directive writes a value as a placeholder of console.log asks.
func (in *inspector) directive(letter byte, value goja.Value) string {
	_, object := value.(*goja.Object)
	_, symbol := value.(*goja.Symbol)
	switch letter {
	case 's':
		if goja.IsString(value) {
			return cut(value.String(), in.most)
		}
	case 'd', 'i', 'f':
		if object || symbol {
			return "NaN"
		}
		if goja.IsBigInt(value) {
			return in.inspect(value)
		}
		number := value.ToNumber()
		if letter == 'i' && number.ToFloat() == number.ToFloat() {
			return in.inspect(in.run.vm.ToValue(math.Trunc(number.ToFloat())))
		}
		return in.inspect(number)
	case 'c': // style, which a log has none of
		return ""
	}
	return in.inspect(value)
}
