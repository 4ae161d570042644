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
		w.frames[i].names = slices.Clone(w.frames[i].names)
	}
	w.copied = len(w.frames)
	w.guests++
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
	out, err := w.stringify(goja.Undefined(), holder)
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

// unusual reads a member that is no ordinary one, or of an object that guest code may have changed since its writing
// began. It returns undefined for one that is to be left out.
func (w *writer) unusual(o *goja.Object, name unistring.String, unchanged bool) (goja.Value, error) {
	if unchanged {
		property := (*propertyLayout)(faceOf(new(baseOf(o).values[name])).data)
		if !property.enumerable {
			return goja.Undefined(), nil
		}
	}
	return w.lookUp(o, nameValue(name))
}

// nameValue returns a name as a value.
func nameValue(name unistring.String) goja.Value {
	if units := name.AsUtf16(); units != nil {
		return goja.StringFromUTF16(units[1:])
	}
	return asciiValue(string(name))
}

func asciiValue(s string) goja.Value { return valueOf(asciiKind, unsafe.Pointer(&s)) }

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

func (c *chains) look(prototype *goja.Object) knownChain {
	for _, k := range c.known {
		if k.prototype == prototype {
			return k
		}
	}
	k := knownChain{prototype: prototype, none: true, noIndices: true}
	for p := prototype; p != nil && k.none; p = baseOf(p).prototype {
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
