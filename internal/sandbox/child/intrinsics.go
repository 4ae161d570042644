package child

import (
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// What we do in the engine's stead we do only as long as a script has not put something of its own in the place of what the
// engine would use. A mark remembers such a place.

// symbolsLayout mirrors the engine's list of the members of an object whose names are symbols.
type symbolsLayout struct {
	hash      unsafe.Pointer
	hashTable unsafe.Pointer
	iterFirst unsafe.Pointer
	iterLast  unsafe.Pointer
	size      int
}

// symbolEntry mirrors an entry of that list. It has no value once it is removed.
type symbolEntry struct {
	key, value goja.Value
	iterPrev   unsafe.Pointer
	iterNext   unsafe.Pointer
	hNext      unsafe.Pointer
}

// mark is a member of one of the realm's own objects, and what it was before any guest code ran.
type mark struct {
	object   *goja.Object
	name     unistring.String
	entry    *symbolEntry // of a member whose name is a symbol
	property *propertyLayout
	was      propertyLayout
}

// markOf marks a member that the object itself has. The mark is never intact if it has none, or an ordinary one.
func markOf(o *goja.Object, name string) mark {
	o.Get(name) // the engine makes many of its own members when they are first asked for
	m := mark{object: o, name: unistring.String(name)}
	m.take(baseOf(o).values[m.name])
	return m
}

// markOfSymbol is markOf for a symbol.
func markOfSymbol(o *goja.Object, name *goja.Symbol) mark {
	o.GetSymbol(name)
	var m mark
	symbols := (*symbolsLayout)(baseOf(o).symValues)
	if symbols == nil {
		return m
	}
	for e := (*symbolEntry)(symbols.iterFirst); e != nil; e = (*symbolEntry)(e.iterNext) {
		if e.key == goja.Value(name) {
			m.entry = e
			m.take(e.value)
		}
	}
	return m
}

func (m *mark) take(v goja.Value) {
	if kindOf(v) == propertyKind {
		m.property = (*propertyLayout)(faceOf(&v).data)
		m.was = *m.property
	}
}

// value returns what a marked member is, if that is not a getter's to say.
func (m *mark) value() goja.Value { return m.was.value }

// intact reports whether the member is what it was.
func (m *mark) intact() bool {
	var v goja.Value
	if m.entry != nil {
		v = m.entry.value
	} else if m.object != nil {
		v = baseOf(m.object).values[m.name]
	}
	return m.property != nil && faceOf(&v).data == unsafe.Pointer(m.property) && *m.property == m.was //nolint:gosec // only compared
}
