package child

import (
	"errors"
	"fmt"
	"reflect"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// The reader and the writer of JSON know how the engine lays ordinary objects, arrays and primitive values out in memory.
// Through the engine's API an object of eight members costs eight searches, eight checks of the prototype chain and a
// dozen allocations; this is what separates the engine from Node (docs/decisions/0010). What they make is the engine's
// own ordinary objects, so nothing that a script does can tell them from others.
//
// The types here mirror the engine's, field by field. checkLayout compares them at start and in a test, so that an engine
// that is laid out differently is refused and never misread.

// face is how Go lays out an interface that has methods.
type face struct{ tab, data unsafe.Pointer }

// objectLayout mirrors goja.Object.
type objectLayout struct {
	self    face
	runtime *goja.Runtime
}

// baseLayout mirrors the engine's ordinary object, which its other kinds of object begin with.
type baseLayout struct {
	class             string
	val               *goja.Object
	prototype         *goja.Object
	extensible        bool
	values            map[unistring.String]goja.Value
	propNames         []unistring.String
	lastSortedPropLen int
	idxPropCount      int
	symValues         unsafe.Pointer
	privateElements   unsafe.Pointer
}

// arrayLayout mirrors the engine's array without gaps.
type arrayLayout struct {
	baseObject     baseLayout
	values         []goja.Value
	length         uint32
	objCount       int
	propValueCount int
	lengthProp     propertyLayout
}

// propertyLayout mirrors the engine's property that is not an ordinary one: read-only, hidden, or with a getter.
type propertyLayout struct {
	value        goja.Value
	writable     bool
	configurable bool
	enumerable   bool
	accessor     bool
	getterFunc   *goja.Object
	setterFunc   *goja.Object
}

// sharedNames is what the engine writes at the very end of a list of names that is not to be changed in place.
const sharedNames = unistring.String(" ")

// The kinds of value and of object, as the first word of their interfaces.
var (
	integerKind   = kindOf(goja.New().ToValue(1))
	floatKind     = kindOf(goja.New().ToValue(0.5))
	boolKind      = kindOf(goja.New().ToValue(true))
	nullKind      = kindOf(goja.Null())
	undefinedKind = kindOf(goja.Undefined())
	asciiKind     = kindOf(goja.New().ToValue("a"))
	unicodeKind   = kindOf(goja.StringFromUTF16([]uint16{0xD800}))
	importedKind  = kindOf(goja.New().ToValue("a string longer than sixteen bytes"))
	objectKind    = kindOf(goja.New().NewObject())
	plainKind     = selfOf(goja.New().NewObject()).tab
	arrayKind     = selfOf(goja.New().NewArray()).tab
	propertyKind  = kindOf(arrayOf(goja.New().NewArray()).baseObject.values["length"])
)

// kindOf returns what kind of value v is.
func kindOf(v goja.Value) unsafe.Pointer { return faceOf(&v).tab }

//nolint:gosec,gocritic // every interface is laid out so; what matters of v is where it lies
func faceOf(v *goja.Value) *face { return (*face)(unsafe.Pointer(v)) }

// valueOf makes a value of a kind, which lies at data.
func valueOf(kind, data unsafe.Pointer) goja.Value {
	var v goja.Value
	*faceOf(&v) = face{tab: kind, data: data}
	return v
}

// selfOf returns the kind of an object and where what it holds is.
func selfOf(o *goja.Object) face { return (*objectLayout)(unsafe.Pointer(o)).self } //nolint:gosec // checkLayout

// baseOf returns what an ordinary object holds, or an object of a kind that begins as one does.
func baseOf(o *goja.Object) *baseLayout { return (*baseLayout)(selfOf(o).data) }

// arrayOf returns what an array holds, whose kind must be arrayKind.
func arrayOf(o *goja.Object) *arrayLayout { return (*arrayLayout)(selfOf(o).data) }

// errLayout says that the engine is not the one that this package was written for.
var errLayout = errors.New("the engine's objects are laid out differently than this package expects")

// checkLayout compares the mirrors with the engine. The error wraps errLayout and names the first difference.
func checkLayout() error {
	vm := goja.New()
	iterator, next := arrayIterator(vm)
	symbols := fieldOf(fieldOf(implementation(next), "baseObject"), "symValues")
	entry := fieldOf(symbols, "iterFirst")
	for _, pair := range []struct {
		name   string
		engine reflect.Type
		mirror reflect.Type
	}{
		{"object", reflect.TypeFor[goja.Object](), reflect.TypeFor[objectLayout]()},
		{"ordinary object", implementation(vm.NewObject()), reflect.TypeFor[baseLayout]()},
		{"array", implementation(vm.NewArray()), reflect.TypeFor[arrayLayout]()},
		{"array iterator", implementation(iterator), reflect.TypeFor[iteratorLayout]()},
		{"function", implementation(next), reflect.TypeFor[functionLayout]()},
		{"list of symbols", symbols, reflect.TypeFor[symbolsLayout]()},
		{"symbol", entry, reflect.TypeFor[symbolEntry]()},
	} {
		if err := sameLayout(pair.name, pair.engine, pair.mirror); err != nil {
			return err
		}
	}
	for name, check := range map[string]struct {
		value goja.Value
		kind  reflect.Kind
	}{
		"integer": {vm.ToValue(1), reflect.Int64},
		"float":   {vm.ToValue(0.5), reflect.Float64},
		"bool":    {vm.ToValue(true), reflect.Bool},
		"text":    {vm.ToValue("a"), reflect.String},
	} {
		if got := reflect.TypeOf(check.value).Kind(); got != check.kind {
			return fmt.Errorf("%w: a value of %s is a %s", errLayout, name, got)
		}
	}
	return nil
}

// fieldOf returns the type of a struct's field, or of what it points to; an empty type if there is none.
func fieldOf(t reflect.Type, name string) reflect.Type {
	field, ok := t.FieldByName(name)
	switch {
	case !ok:
		return reflect.TypeFor[struct{}]()
	case field.Type.Kind() == reflect.Pointer:
		return field.Type.Elem()
	default:
		return field.Type
	}
}

// implementation returns the type that stands behind an object.
func implementation(o *goja.Object) reflect.Type {
	return reflect.ValueOf(o).Elem().FieldByName("self").Elem().Type().Elem()
}

// sameLayout compares two types, of which the second is the mirror.
func sameLayout(name string, engine, mirror reflect.Type) error {
	if engine.Size() != mirror.Size() {
		return fmt.Errorf("%w: %s has %d bytes, not %d", errLayout, name, engine.Size(), mirror.Size())
	}
	if engine.Kind() != reflect.Struct {
		return sameKind(name, engine, mirror)
	}
	if mirror == reflect.TypeFor[face]() {
		return nil
	}
	if engine.NumField() != mirror.NumField() {
		return fmt.Errorf("%w: %s has %d fields, not %d", errLayout, name, engine.NumField(), mirror.NumField())
	}
	for i := range mirror.NumField() {
		e, m := engine.Field(i), mirror.Field(i)
		field := name + "." + m.Name
		if e.Name != m.Name || e.Offset != m.Offset {
			return fmt.Errorf("%w: %s is %s at %d, not at %d", errLayout, field, e.Name, e.Offset, m.Offset)
		}
		if err := sameLayout(field, e.Type, m.Type); err != nil {
			return err
		}
	}
	return nil
}

// sameKind compares two types that are not structs. What the mirror does not look into need only be a pointer.
func sameKind(name string, engine, mirror reflect.Type) error {
	switch {
	case engine == mirror,
		engine.Kind() == reflect.Int && mirror.Kind() == reflect.Int,
		engine.Kind() == reflect.Interface && mirror == reflect.TypeFor[face](),
		mirror.Kind() == reflect.UnsafePointer && (engine.Kind() == reflect.Pointer || engine.Kind() == reflect.Map):
		return nil
	default:
		return fmt.Errorf("%w: %s is a %s, not a %s", errLayout, name, engine, mirror)
	}
}
