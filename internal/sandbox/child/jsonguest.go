package child

import (
	"slices"
	"strconv"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// Here the writer meets guest code.

// protect is called before guest code runs, which may change any object. Those that are being written are written with
// the names that they had.
func (w *writer) protect() {
	for i := w.copied; i < len(w.frames); i++ {
		f := &w.frames[i]
		if len(f.names) == 0 { // an array, or an object without members
			continue
		}
		f.names = slices.Clone(f.names)
		for at, name := range f.names {
			if p := ownProperty(f.object, name); p != nil && !p.enumerable {
				if f.hidden == nil {
					f.hidden = make([]bool, len(f.names))
				}
				f.hidden[at] = true
			}
		}
	}
	w.copied = len(w.frames)
	w.guests++
}

// ownProperty returns the member of an ordinary object if it is not an ordinary one.
func ownProperty(o *goja.Object, name unistring.String) *propertyLayout {
	v := baseOf(o).values[name]
	if kindOf(v) != propertyKind {
		return nil
	}
	return (*propertyLayout)(faceOf(&v).data)
}

// delegate has the engine's own JSON.stringify write a value, as the only member of an object of which nothing can be
// seen. Its text is cut out of the object's.
func (w *writer) delegate(v goja.Value, p *place) (bool, error) {
	w.protect()
	name := p.name
	if p.array {
		name = unistring.String(strconv.FormatUint(uint64(p.index), 10))
	}
	holder := w.vm.CreateObject(nil)
	base := baseOf(holder)
	base.values[name] = v
	base.propNames = []unistring.String{name}
	if w.within == nil {
		w.within = w.vm.ToValue(w.checkWithin)
	}
	out, err := w.stringify(goja.Undefined(), holder, w.within)
	if err != nil {
		return false, err
	}
	text := out.String()
	const empty = "{}"
	if text == empty {
		return false, nil
	}
	w.begin(p)
	text = text[len("{")+len(w.key(name)) : len(text)-len("}")]
	if err := w.room(len(text)); err != nil {
		return false, err
	}
	w.buf = append(w.buf, text...)
	return true, nil
}

// checkWithin is called by the engine's JSON.stringify for each value that it is about to write, as its replacer. It
// knows what the engine does not: the objects around the one that it writes.
func (w *writer) checkWithin(call goja.FunctionCall) goja.Value {
	v := call.Argument(1)
	if o, ok := v.(*goja.Object); ok && w.opened(o) {
		panic(w.vm.NewTypeError(circular))
	}
	return v
}

// circular is what the engine says of a value that contains itself.
const circular = "Converting circular structure to JSON"

// opened reports whether an object is being written.
func (w *writer) opened(o *goja.Object) bool {
	return slices.ContainsFunc(w.frames, func(f opened) bool { return f.object == o })
}

// nameValue returns a name as a value.
func nameValue(name unistring.String) goja.Value {
	if units := name.AsUtf16(); units != nil {
		return goja.StringFromUTF16(units[1:])
	}
	return asciiValue(string(name))
}

func asciiValue(s string) goja.Value { return valueOf(asciiKind, unsafe.Pointer(&s)) } //nolint:gosec // see checkLayout

// property reads a member in the most general way.
var property = goja.MustCompile("", "(function (object, name) { return object[name]; })", true)

// lookUp reads a member of an object as a script would. A getter may run.
func (w *writer) lookUp(o *goja.Object, name goja.Value) (goja.Value, error) {
	w.protect()
	if w.get == nil {
		made, err := w.vm.RunProgram(property)
		if err != nil {
			return nil, err
		}
		w.get, _ = goja.AssertFunction(made)
	}
	return w.get(goja.Undefined(), o, name)
}

// chains remembers what chains of prototypes hold, until guest code runs.
type chains struct {
	w      *writer
	guests int
	known  []knownChain
}

type knownChain struct {
	prototype       *goja.Object
	none, noIndices bool
}

// inherited returns what is known of the chains.
func (w *writer) inherited() *chains {
	if w.chains.guests != w.guests {
		w.chains.guests, w.chains.known = w.guests, w.chains.known[:0]
	}
	w.chains.w = w
	return &w.chains
}

// none reports whether an object with this prototype surely inherits no toJSON.
func (c *chains) none(prototype *goja.Object) bool { return c.look(prototype).none }

// noIndex reports whether an object with this prototype surely inherits no member whose name is an index.
func (c *chains) noIndex(prototype *goja.Object) bool { return c.look(prototype).noIndices }

// next returns the prototype of one in a chain. The engine sets that of Array.prototype when a script first asks for it.
func (c *chains) next(p *goja.Object) *goja.Object {
	next := baseOf(p).prototype
	if next == nil && p == c.w.arrays {
		return c.w.objects
	}
	return next
}

func (c *chains) look(prototype *goja.Object) knownChain {
	for _, k := range c.known {
		if k.prototype == prototype {
			return k
		}
	}
	k := knownChain{prototype: prototype, none: true, noIndices: true}
	for p := prototype; p != nil && k.none; p = c.next(p) {
		if tab := selfOf(p).tab; p != c.w.objects && p != c.w.arrays && tab != plainKind {
			k.none, k.noIndices = false, false
			break
		}
		base := baseOf(p)
		k.none = base.values["toJSON"] == nil
		k.noIndices = k.noIndices && !slices.ContainsFunc(base.propNames, mayBeIndex)
	}
	k.noIndices = k.noIndices && k.none
	const most = 8 // classes of their own in one result
	if len(c.known) < most {
		c.known = append(c.known, k)
	}
	return k
}
