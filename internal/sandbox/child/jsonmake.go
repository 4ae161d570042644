package child

import (
	"strings"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// maker makes the engine's values. It sets numbers, short texts and objects aside by the dozen, since an allocation of
// its own for each would cost more than reading it.
type maker struct {
	vm        *goja.Runtime
	prototype *goja.Object // Object.prototype
	step      int          // how many of a kind to set aside at once
	most      int          // what step grows to
	integers  []int64
	floats    []float64
	texts     []string
	cells     []cell
	arrays    *goja.Object // Array.prototype
	lists     []arrayCell
	length    *shape // of what an array has besides its items
	wides     []wideMap
	groups    []groupLayout
	copies    bool   // whether texts are copied out of the input, so that it need not be kept
	bytes     []byte // room for such texts
}

// newMaker returns a maker for an input of so many bytes.
func newMaker(vm *goja.Runtime, inputBytes int) *maker {
	return &maker{
		vm: vm, prototype: vm.NewObject().Prototype(),
		step: 8, most: min(max(8, inputBytes/256), 256),
		copies: inputBytes >= largeInputBytes,
	}
}

// Texts are copied into blocks of textBlock bytes; one above textAlone has an allocation of its own.
const (
	textBlock = 16 << 10
	textAlone = 1 << 10
)

// owned returns a text that may be kept for as long as the realm lives. A large input is not: what scripts make of it needs
// the room.
func (m *maker) owned(t scanned) string {
	switch {
	case !t.lent || !m.copies:
		return t.plain
	case len(t.plain) > textAlone:
		return strings.Clone(t.plain)
	case len(t.plain) > cap(m.bytes)-len(m.bytes):
		m.bytes = make([]byte, 0, textBlock)
	}
	at := len(m.bytes)
	m.bytes = append(m.bytes, t.plain...)
	return unsafe.String(unsafe.SliceData(m.bytes[at:]), len(t.plain)) //nolint:gosec // nothing writes to it again
}

// grow returns how many of a kind to set aside next.
func (m *maker) grow() int {
	n := m.step
	m.step = min(2*n, m.most)
	return n
}

// maxInteger is the largest number that the engine keeps as an integer.
const maxInteger = 1 << 53

// integer makes a number of at most maxInteger, either way.
func (m *maker) integer(n int64) goja.Value {
	if len(m.integers) == 0 {
		m.integers = make([]int64, m.grow())
	}
	p := &m.integers[0]
	m.integers = m.integers[1:]
	*p = n
	return valueOf(integerKind, unsafe.Pointer(p)) //nolint:gosec // an integer is an int64: see checkLayout
}

// float makes a number that is not an integer.
func (m *maker) float(f float64) goja.Value {
	if len(m.floats) == 0 {
		m.floats = make([]float64, m.grow())
	}
	p := &m.floats[0]
	m.floats = m.floats[1:]
	*p = f
	return valueOf(floatKind, unsafe.Pointer(p)) //nolint:gosec // a float is a float64: see checkLayout
}

// text makes a string of ASCII alone.
func (m *maker) text(s string) goja.Value {
	if len(m.texts) == 0 {
		m.texts = make([]string, m.grow())
	}
	p := &m.texts[0]
	m.texts = m.texts[1:]
	*p = s
	return valueOf(asciiKind, unsafe.Pointer(p)) //nolint:gosec // a text is a string: see checkLayout
}

// array makes an array, which takes the items over.
func (m *maker) array(items []goja.Value) *goja.Object {
	if m.length == nil {
		const name = "length"
		m.length = newShape().extend(name, scanned{plain: name, ascii: true}.name()).to
		m.length.makeModel()
		m.arrays = m.vm.NewArray().Prototype()
	}
	if !m.length.laidOut {
		return arrayWith(m.vm, items)
	}
	if len(m.lists) == 0 {
		m.lists = make([]arrayCell, min(m.grow(), maxArrayCells))
	}
	c := &m.lists[0]
	m.lists = m.lists[1:]
	o := (*goja.Object)(unsafe.Pointer(&c.object))                                         //nolint:gosec // see checkLayout
	c.array = arrayLayout{values: items, length: uint32(len(items)), objCount: len(items)} //nolint:gosec // fewer than the input has bytes
	c.array.lengthProp.writable = true
	group := m.group()
	*group = m.length.model.group
	group.slots[0].value = valueOf(propertyKind, unsafe.Pointer(&c.array.lengthProp)) //nolint:gosec // see checkLayout
	c.members = m.length.model.members
	c.array.baseObject = baseLayout{
		class: "Array", val: o, prototype: m.arrays, extensible: true,
		values: c.members.link(group), propNames: m.length.share(),
	}
	c.object = objectLayout{self: face{tab: arrayKind, data: unsafe.Pointer(&c.array)}, runtime: m.vm} //nolint:gosec // see checkLayout
	return o
}

// maxArrayCells is maxCells for arrays.
const maxArrayCells = (8<<10 - 8) / int(unsafe.Sizeof(arrayCell{}))

// arrayWith makes an array as the engine does. It takes the items over.
func arrayWith(vm *goja.Runtime, items []goja.Value) *goja.Object {
	o := vm.NewArray()
	a := arrayOf(o)
	a.values, a.length, a.objCount = items, uint32(len(items)), len(items) //nolint:gosec // fewer than the input has bytes
	return o
}

// shaped makes an object of a shape. The values stay the caller's.
func (m *maker) shaped(s *shape, values []goja.Value) *goja.Object {
	sorted := 0
	if s.ordered {
		sorted = len(s.names)
	}
	c := m.cell()
	return m.finish(c, s.fill(m, c, values), s.share(), sorted)
}

// object makes an object, which takes the members and their names over.
func (m *maker) object(members memberMap, names []unistring.String) *goja.Object {
	return m.finish(m.cell(), members, names, 0)
}

// maxCells bounds how many objects are set aside at once: one that a script holds on to holds on to its neighbours too. So
// many fill what Go's allocator hands out, but for a few bytes: 8 KiB, of which eight bytes are the allocator's.
const maxCells = (8<<10 - 8) / int(unsafe.Sizeof(cell{}))

// maxMemberGroups is the same for groups of members. They are set aside apart from the objects, because an object leaves its
// group when a script adds a ninth member: then the collector can have it.
const maxMemberGroups = (8<<10 - 8) / int(unsafe.Sizeof(groupLayout{}))

func (m *maker) group() *groupLayout {
	if len(m.groups) == 0 {
		m.groups = make([]groupLayout, min(m.grow(), maxMemberGroups))
	}
	g := &m.groups[0]
	m.groups = m.groups[1:]
	return g
}

// maxWideMaps is the same for members in tables.
const maxWideMaps = (8<<10 - 8) / int(unsafe.Sizeof(wideMap{}))

func (m *maker) wideMap() *wideMap {
	if len(m.wides) == 0 {
		m.wides = make([]wideMap, min(m.grow(), maxWideMaps))
	}
	w := &m.wides[0]
	m.wides = m.wides[1:]
	return w
}

func (m *maker) cell() *cell {
	if len(m.cells) == 0 {
		m.cells = make([]cell, min(m.grow(), maxCells))
	}
	c := &m.cells[0]
	m.cells = m.cells[1:]
	return c
}

// finish makes an object of a cell. The first sorted names are in JavaScript's order and no integers.
func (m *maker) finish(c *cell, members memberMap, names []unistring.String, sorted int) *goja.Object {
	o := (*goja.Object)(unsafe.Pointer(&c.object)) //nolint:gosec // see checkLayout
	c.base = baseLayout{
		class: "Object", val: o, prototype: m.prototype, extensible: true,
		values: members, propNames: names, lastSortedPropLen: sorted,
	}
	c.object = objectLayout{self: face{tab: plainKind, data: unsafe.Pointer(&c.base)}, runtime: m.vm} //nolint:gosec // see checkLayout
	return o
}
