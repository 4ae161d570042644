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

func (in *inspector) function(o *goja.Object) string {
	kind := "Function"
	if text, err := in.run.tools.call(functionText, o); err == nil && strings.HasPrefix(text.String(), "class") {
		kind = "class"
	}
	name := in.own(o, "name")
	if name == nil || !goja.IsString(name) || name.String() == "" {
		return "[" + kind + " (anonymous)]"
	}
	if kind == "class" {
		return "[class " + cut(name.String(), lineWidth) + "]"
	}
	return "[Function: " + cut(name.String(), lineWidth) + "]"
}

// err writes an error as its stack begins: "TypeError: no".
func (in *inspector) err(o *goja.Object) string {
	name, message := "Error", ""
	for at, depth := o, 0; at != nil && depth < inspectDepth+1; at, depth = at.Prototype(), depth+1 {
		if v := in.own(at, "name"); v != nil && goja.IsString(v) {
			name = v.String()
			break
		}
	}
	if v := in.own(o, "message"); v != nil && goja.IsString(v) {
		message = v.String()
	}
	var text strings.Builder
	text.WriteString(name)
	if message != "" {
		text.WriteString(": " + message)
	}
	if v := in.own(o, "stack"); v != nil && goja.IsString(v) {
		for _, f := range in.run.parseFrames(v.String()) {
			text.WriteString("\n    at " + f.String())
		}
	}
	return cut(text.String(), in.most)
}

// own returns the value of an own data member, or nil.
func (in *inspector) own(o *goja.Object, key string) goja.Value {
	value, _ := in.member(o, in.run.vm.ToValue(key))
	return value
}

// member returns the value of an own member, or nil and what stands in its place.
func (in *inspector) member(o *goja.Object, key goja.Value) (goja.Value, string) {
	d, err := in.run.tools.call(describe, goja.Undefined(), o, key)
	if err != nil {
		if isStop(err) {
			panic(err)
		}
		return nil, "[unreadable]"
	}
	descriptor, ok := d.(*goja.Object)
	if !ok {
		return nil, ""
	}
	// The descriptor inherits from Object.prototype, which guests can change: only its own members count, and a
	// descriptor of data has no own "get".
	keys := descriptor.Keys()
	for _, k := range keys {
		switch k {
		case "value":
			return descriptor.Get("value"), ""
		case "get":
			if !goja.IsUndefined(descriptor.Get("get")) {
				return nil, "[Getter]"
			}
			return nil, "[Setter]"
		}
	}
	return nil, ""
}

// list writes the items of an array, or of one of the typed arrays, which is named.
func (in *inspector) list(o *goja.Object, length int64, name string) string {
	var items []string
	for i := int64(0); i < min(length, inspectItems) && in.used < in.most; i++ {
		value, note := in.member(o, in.run.vm.ToValue(strconv.FormatInt(i, 10)))
		switch {
		case value != nil:
			items = append(items, in.inspect(value))
		case note != "":
			items = append(items, note)
		default:
			items = append(items, "<empty>")
		}
	}
	if rest := length - int64(len(items)); rest > 0 {
		items = append(items, "... "+strconv.FormatInt(rest, 10)+" more")
	}
	if name != "" {
		name += "(" + strconv.FormatInt(length, 10) + ") "
	}
	return name + wrap("[", items, "]")
}

func (in *inspector) plain(o *goja.Object) string {
	keys := o.Keys()
	var members []string
	for i, key := range keys {
		if i == inspectItems || in.used >= in.most {
			members = append(members, "... "+strconv.Itoa(len(keys)-i)+" more")
			break
		}
		value, note := in.member(o, in.run.vm.ToValue(key))
		if value != nil {
			note = in.inspect(value)
		}
		members = append(members, label(key)+": "+note)
	}
	return in.className(o) + wrap("{", members, "}")
}

// className names the class of an object that is not a plain one.
func (in *inspector) className(o *goja.Object) string {
	proto := o.Prototype()
	if proto == nil {
		return "[Object: null prototype] "
	}
	if proto.ExportType() == proxyType {
		return ""
	}
	constructor, ok := in.own(proto, "constructor").(*goja.Object)
	if !ok || constructor.ExportType() == proxyType {
		return ""
	}
	name := in.own(constructor, "name")
	if name == nil || !goja.IsString(name) || name.String() == "Object" || name.String() == "" {
		return ""
	}
	return cut(name.String(), lineWidth) + " "
}

// collection writes a Map or a Set.
func (in *inspector) collection(o *goja.Object, class string) string {
	each := mapEach
	if class == "Set" {
		each = setEach
	}
	var items []string
	size := 0
	visit := in.run.vm.ToValue(func(f goja.FunctionCall) goja.Value {
		size++
		if size > inspectItems || in.used >= in.most {
			return goja.Undefined()
		}
		item := in.inspect(f.Argument(0))
		if class == "Map" {
			item = in.inspect(f.Argument(1)) + " => " + item
		}
		items = append(items, item)
		return goja.Undefined()
	})
	if _, err := in.run.tools.call(each, o, visit); err != nil {
		panic(err)
	}
	if rest := size - len(items); rest > 0 {
		items = append(items, "... "+strconv.Itoa(rest)+" more")
	}
	return class + "(" + strconv.Itoa(size) + ") " + wrap("{", items, "}")
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
