package child

import (
	"runtime"
	"strings"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// The engine keeps the members of an object in a Go map. One of up to eight entries is a header and one group of slots,
// filled from the first on, in the versions of Go named in layoutVersion. The reader copies both for each further object
// of a shape and writes the values into the slots. With any other version it goes through the map, at half the speed.

// layoutVersion begins the version of Go whose maps are laid out as below.
const layoutVersion = "go1.26"

// groupSlots is how many entries a group holds.
const groupSlots = 8

// mapLayout mirrors the header of a map.
type mapLayout struct {
	used    uint64
	seed    uintptr
	groups  unsafe.Pointer // of a map that is a single group, that group
	tables  int            // 0 for a map that is a single group
	depth   uint8
	shift   uint8
	writing uint8
	deleted bool
	cleared uint64
}

// groupLayout mirrors a group.
type groupLayout struct {
	control uint64
	slots   [groupSlots]slotLayout
}

type slotLayout struct {
	name  unistring.String
	value goja.Value
}

// cell is an ordinary object: what the engine's values point to, what it holds, and, if its members are few, the header of
// their map.
type cell struct {
	object  objectLayout
	base    baseLayout
	members mapLayout
}

// arrayCell is the same for an array.
type arrayCell struct {
	object  objectLayout
	array   arrayLayout
	members mapLayout
}

// model is a map of a single group, to make copies of.
type model struct {
	members mapLayout
	group   groupLayout
}

type memberMap = map[unistring.String]goja.Value

// copiesMaps says whether the layout of maps is known.
var copiesMaps = strings.HasPrefix(runtime.Version(), layoutVersion) && checkMapLayout()

// headerOf returns the header of a map.
func headerOf(m memberMap) *mapLayout { return *(**mapLayout)(unsafe.Pointer(&m)) } //nolint:gosec // a map is a pointer to its header

// take takes over the members, whose names are given in the order in which they were put in, if their layout is known.
func (m *model) take(members memberMap, names []unistring.String) bool {
	header := headerOf(members)
	if len(names) > groupSlots || header.tables != 0 || header.used != uint64(len(names)) {
		return false
	}
	if header.depth != 0 || header.writing != 0 || header.deleted || header.cleared != 0 {
		return false
	}
	group := (*groupLayout)(header.groups)
	for i, name := range names {
		if group.slots[i].name != name {
			return false
		}
	}
	m.members, m.group = *header, *group
	return true
}

// link makes a map of a header, which is a copy of a model's, and of a group that is one.
func (h *mapLayout) link(group *groupLayout) memberMap {
	h.groups = unsafe.Pointer(group) //nolint:gosec // see take
	return h.asMap()
}

// asMap returns the map that a header is of.
func (h *mapLayout) asMap() memberMap {
	return *(*memberMap)(unsafe.Pointer(&h)) //nolint:gosec // a map is a pointer to its header
}

// fullSlots are the bits of a group's control word that are set where a slot has no entry.
const fullSlots = 0x8080808080808080

// groupOf returns the group of a map that has just these names, in the order of its slots, or nil if it is laid out in
// another way.
func groupOf(members memberMap, names []unistring.String) *groupLayout {
	if !copiesMaps || len(names) == 0 || len(names) > groupSlots || len(members) != len(names) {
		return nil
	}
	header := headerOf(members)
	if header.tables != 0 {
		return nil
	}
	group := (*groupLayout)(header.groups)
	if group.control&(fullSlots>>(8*(groupSlots-len(names)))) != 0 {
		return nil
	}
	for i, name := range names {
		if group.slots[i].name != name {
			return nil
		}
	}
	return group
}

// checkMapLayout reports whether copies of maps work as maps.
func checkMapLayout() bool {
	names := []unistring.String{"a", "b", "name", "trimestre", "a name of more than sixteen bytes", "f", "g", "h"}
	for n := 1; n <= len(names); n++ {
		members := make(memberMap)
		for _, name := range names[:n] {
			members[name] = goja.Undefined()
		}
		var model model
		if !model.take(members, names[:n]) {
			return false
		}
		c, group := cell{members: model.members}, model.group
		m := c.members.link(&group)
		if header := headerOf(members); c.members.seed != header.seed || c.members.shift != header.shift {
			return false
		}
		for i := range n {
			group.slots[i].value = goja.Null()
		}
		for _, name := range names[:n] {
			if m[name] != goja.Null() || members[name] != goja.Undefined() {
				return false
			}
		}
		delete(m, names[0])
		m["another"], m["one more"] = goja.Null(), goja.Null()
		if len(m) != n+1 || len(members) != n || m["one more"] == nil || n > 1 && m[names[n-1]] == nil {
			return false
		}
	}
	return true
}
