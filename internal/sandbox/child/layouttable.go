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

// wideCell is what a map of a table of two groups needs besides its header, and a list of nine names.
type wideCell struct {
	directory *tableLayout
	table     tableLayout
	groups    [tableGroups]groupLayout
	names     [groupSlots + 1]unistring.String
}

// wideModel is a map of eight entries with room for more, to make copies of.
type wideModel struct {
	members mapLayout
	table   tableLayout
	groups  [tableGroups]groupLayout
	places  [groupSlots]struct{ group, slot int } // of each name
}

// take lays out a model for eight names, if the layout of tables is known.
func (m *wideModel) take(names []unistring.String) bool {
	members := make(memberMap, groupSlots+1)
	for _, name := range names {
		members[name] = goja.Undefined()
	}
	header := headerOf(members)
	if len(names) != groupSlots || header.used != groupSlots || header.tables != 1 || header.depth != 0 || header.deleted {
		return false
	}
	table := *(**tableLayout)(header.groups)
	if table.used != groupSlots || table.capacity != tableGroups*groupSlots || table.lengthMask != tableGroups-1 || table.index != 0 {
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

// widen gives a map of a single group, which has just the model's names, room for more. The map stays the same.
func (m *wideModel) widen(members memberMap, group *groupLayout, c *wideCell) {
	c.groups, c.table = m.groups, m.table
	for i, at := range m.places {
		c.groups[at.group].slots[at.slot].value = group.slots[i].value
	}
	c.table.groups = unsafe.Pointer(&c.groups) //nolint:gosec // see checkWideLayout
	c.directory = &c.table
	header := headerOf(members)
	*header = m.members
	header.groups = unsafe.Pointer(&c.directory) //nolint:gosec // see checkWideLayout
}

// widensMaps says whether the layout of tables is known.
var widensMaps = copiesMaps && checkWideLayout()

// checkWideLayout reports whether maps that were widened work as maps.
func checkWideLayout() bool {
	names := []unistring.String{"a", "b", "name", "trimestre", "a name of more than sixteen bytes", "f", "g", "h"}
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
		model.widen(members, group, &wideCell{})
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
