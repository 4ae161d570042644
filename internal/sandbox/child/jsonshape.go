package child

import (
	"maps"
	"slices"
	"strings"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// Rows of one input have the same keys in the same order. A shape is such a list of keys. The shapes of an input form a
// tree, in which each object that is read walks from the root along its keys: the key that followed last time is expected
// to follow again, which one comparison with the text tells, and an object at its end takes the names and the layout of
// its members from the shape.

const (
	maxShapes    = 2048 // in one input; objects used as dictionaries would make one for each key
	maxShapeKeys = 32   // of objects that have shapes
	maxEdges     = 8    // from one shape, since they are searched one after the other
)

// shape is a list of keys.
type shape struct {
	names    []unistring.String // all its keys, in the order in which they came first
	expected *edge              // the edge that was last taken
	edges    []*edge
	uses     int
	ordered  bool               // no key is an integer, so that names are in JavaScript's order
	shared   []unistring.String // names in the form that objects may share
	members  memberMap          // with all keys, to make copies of
	model    model              // the same, laid out
	laidOut  bool
	wide     *wideModel // instead of these, of a shape of more names than a model has
}

// edge leads from a shape to the one that has one key more, or back to the same for a key that the shape has.
type edge struct {
	text string // the key as it is written, with quotes and colon
	slot int    // which of the shape's members it gives the value of
	to   *shape
}

func newShape() *shape { return &shape{ordered: true} }

// follow returns the edge for a key whose text begins at the reader's place, or nil if there is none yet.
func (s *shape) follow(rest string) *edge {
	if e := s.expected; e != nil && strings.HasPrefix(rest, e.text) {
		return e
	}
	for _, e := range s.edges {
		if strings.HasPrefix(rest, e.text) {
			s.expected = e
			return e
		}
	}
	return nil
}

// extend adds an edge for a key, which may be one that the shape has, or has written in another way. It returns nil when
// the shape is full.
func (s *shape) extend(text string, name unistring.String) *edge {
	if len(s.edges) == maxEdges {
		return nil
	}
	slot := slices.Index(s.names, name)
	to := s
	if slot < 0 {
		if len(s.names) == maxShapeKeys {
			return nil
		}
		slot = len(s.names)
		to = &shape{
			names:   append(slices.Clip(s.names), name),
			ordered: s.ordered && !mayBeIndex(name),
		}
	}
	e := &edge{text: text, slot: slot, to: to}
	s.edges = append(s.edges, e)
	s.expected = e
	return e
}

// mayBeIndex reports whether a name may be an integer, which JavaScript puts before all others.
func mayBeIndex(name unistring.String) bool { return name != "" && '0' <= name[0] && name[0] <= '9' }

// share returns the shape's names as a list that the engine copies before it changes it.
func (s *shape) share() []unistring.String {
	if s.shared == nil {
		all := make([]unistring.String, len(s.names)+1)
		copy(all, s.names)
		all[len(s.names)] = sharedNames
		s.shared = all[:len(s.names)]
	}
	return s.shared
}

// fill returns the members of an object of this shape, and lays them out itself if it can.
func (s *shape) fill(m *maker, c *cell, values []goja.Value) memberMap {
	s.uses++
	if s.wide == nil {
		switch s.uses {
		case 1: // it may be the only one
			members := make(memberMap, len(values))
			for i, name := range s.names {
				members[name] = values[i]
			}
			return members
		case 2: //nolint:mnd // the second time
			s.makeModel()
		}
	}
	switch {
	case s.wide != nil:
		return s.wide.fill(&c.members, m.wideMap(), values)
	case s.laidOut:
		group := m.group()
		*group = s.model.group
		for i, v := range values {
			group.slots[i].value = v
		}
		c.members = s.model.members
		return c.members.link(group)
	default:
		members := maps.Clone(s.members) // which copies the table as it is, without hashing
		for i, name := range s.names {
			members[name] = values[i]
		}
		return members
	}
}

// makeModel makes what the members of all further objects are copies of.
func (s *shape) makeModel() {
	if s.layWide() {
		return
	}
	s.members = make(memberMap, len(s.names))
	for _, name := range s.names {
		s.members[name] = goja.Undefined()
	}
	s.laidOut = copiesMaps && s.model.take(s.members, s.names)
}

// layWide gives the shape a wide model if it has the names for one.
func (s *shape) layWide() bool {
	if wide := (&wideModel{}); widensMaps && len(s.names) > groupSlots && wide.take(s.names) {
		s.wide = wide
	}
	return s.wide != nil
}
