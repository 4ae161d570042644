package child

import (
	"strconv"
	"strings"

	"github.com/dop251/goja"
)

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
