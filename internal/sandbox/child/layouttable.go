package child

import (
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// A map of more than eight entries is a directory of tables, each of some groups. Go makes one anew, and hashes every name
// again, when an object gets its ninth member. Here it is a copy of one with the same names.

// tableLayout mirrors a table of a map.
type tableLayout struct {
	used       uint16
	capacity   uint16
	growthLeft uint16
	localDepth uint8
	index      int
	groups     unsafe.Pointer
	lengthMask uint64
}

// tableGroups is how many groups a table for a little more than eight entries has.
const tableGroups = 2

// maxWide is how many entries such a table holds.
const maxWide = 14

// wideMap is what a map of a table of two groups needs besides its header.
type wideMap struct {
	directory *tableLayout
	table     tableLayout
	groups    [tableGroups]groupLayout
}

// wideModel is a map of eight to fourteen entries in such a table, to make copies of.
type wideModel struct {
	members mapLayout
	table   tableLayout
	groups  [tableGroups]groupLayout
	places  [maxWide]struct{ group, slot int } // of each name
}

// take lays out a model for names, if their number fits and the layout of tables is known.
func (m *wideModel) take(names []unistring.String) bool {
	if len(names) < groupSlots || len(names) > maxWide {
		return false
	}
	members := make(memberMap, max(len(names), groupSlots+1))
	for _, name := range names {
		members[name] = goja.Undefined()
	}
	header := headerOf(members)
	if header.used != uint64(len(names)) || header.tables != 1 || header.depth != 0 || header.deleted {
		return false
	}
	table := *(**tableLayout)(header.groups)
	if int(table.used) != len(names) || table.capacity != tableGroups*groupSlots || int(table.growthLeft) != maxWide-len(names) ||
		table.lengthMask != tableGroups-1 || table.index != 0 || table.localDepth != 0 {
		return false
	}
	m.members, m.table = *header, *table
	m.groups = *(*[tableGroups]groupLayout)(table.groups)
	for i, name := range names {
		if !m.find(i, name) {
			return false
		}
	}
	return true
}

// find notes the place of a name.
func (m *wideModel) find(i int, name unistring.String) bool {
	for g := range m.groups {
		for s := range m.groups[g].slots {
			full := m.groups[g].control>>(8*s)&0x80 == 0
			if full && m.groups[g].slots[s].name == name {
				m.places[i].group, m.places[i].slot = g, s
				return true
			}
		}
	}
	return false
}

// widen gives a map of a single group, which has just the model's eight names, room for more. The map stays the same.
func (m *wideModel) widen(members memberMap, group *groupLayout, w *wideMap) {
	m.copyTo(headerOf(members), w)
	for i, at := range m.places[:groupSlots] {
		w.groups[at.group].slots[at.slot].value = group.slots[i].value
	}
}

// copyTo makes a header that of a map like the model, whose members are in w.
func (m *wideModel) copyTo(header *mapLayout, w *wideMap) {
	w.groups, w.table = m.groups, m.table
	w.table.groups = unsafe.Pointer(&w.groups) //nolint:gosec // see checkWideLayout
	w.directory = &w.table
	*header = m.members
	header.groups = unsafe.Pointer(&w.directory) //nolint:gosec // see checkWideLayout
}

// fill makes a header that of a map of the model's names, with values in their order.
func (m *wideModel) fill(header *mapLayout, w *wideMap, values []goja.Value) memberMap {
	m.copyTo(header, w)
	for i, v := range values {
		at := m.places[i]
		w.groups[at.group].slots[at.slot].value = v
	}
	return header.asMap()
}

// widensMaps says whether the layout of tables is known.
var widensMaps = copiesMaps && checkWideLayout()

// checkWideLayout reports whether maps that were widened, or filled, work as maps.
func checkWideLayout() bool {
	names := []unistring.String{"a", "b", "name", "trimestre", "a name of more than sixteen bytes", "f", "g", "h"}
	if !checkFilling(append(names, "i", "j", "k", "l", "m", "n")) {
		return false
	}
	var model wideModel
	if !model.take(names) {
		return false
	}
	for more := range 3 * groupSlots { // up to there a table grows twice
		members := make(memberMap)
		for i, name := range names {
			members[name] = goja.New().ToValue(i)
		}
		group := groupOf(members, names)
		if group == nil {
			return false
		}
		model.widen(members, group, &wideMap{})
		delete(members, names[more%groupSlots])
		for i := range more {
			members[unistring.String(rune('A'+i))] = goja.Null()
		}
		if len(members) != groupSlots-1+more {
			return false
		}
		for i, name := range names {
			if v := members[name]; i == more%groupSlots && v != nil || i != more%groupSlots && v.ToInteger() != int64(i) {
				return false
			}
		}
		for i := range more {
			if members[unistring.String(rune('A'+i))] != goja.Null() {
				return false
			}
		}
	}
	return true
}

// checkFilling reports whether maps of so many names and fewer work as maps when they are filled.
func checkFilling(names []unistring.String) bool {
	values := make([]goja.Value, len(names))
	for i := range values {
		values[i] = goja.New().ToValue(i)
	}
	for n := groupSlots; n <= len(names); n++ {
		var model wideModel
		if !model.take(names[:n]) {
			return false
		}
		var header mapLayout
		members := model.fill(&header, &wideMap{}, values[:n])
		for range 2 {
			if len(members) != n {
				return false
			}
			for i, name := range names[:n] {
				if members[name] != values[i] {
					return false
				}
			}
			delete(members, names[0])
			members[names[0]] = values[0]
		}
	}
	return true
}
