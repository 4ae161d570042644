package child

import (
	"slices"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// spreader carries out the literals that rewriteSpreads has replaced, in one realm.
type spreader struct {
	run     *run
	maker   *maker
	sites   []spreadSite
	general goja.Callable // (object) => ({...object}); nil until it is needed
	values  []goja.Value
}

// spreadSite is one such literal. Most see objects of one shape only: what it made of the last is kept.
type spreadSite struct {
	added []unistring.String // the names of the members that it adds
	names []unistring.String // of the object that was copied last
	shape *shape             // of what was made of it
}

// spreadConstants returns the program that names the two functions.
var spreadConstants = constants(copyMembersName, addMembersName)

// generalSpread copies anything.
var generalSpread = goja.MustCompile("spread.js", "(function (from) { return {...from}; })", true)

// copyMembers copies the members of its first argument into a new object. Those that the literal adds have their places in
// it, without values, if the first argument is ordinary.
func (s *spreader) copyMembers(call goja.FunctionCall) goja.Value {
	from := call.Argument(0)
	if o, ok := from.(*goja.Object); ok && selfOf(o).tab == plainKind {
		if made := s.copyPlain(&s.sites[call.Argument(1).ToInteger()], baseOf(o)); made != nil {
			return made
		}
	}
	if s.general == nil {
		made, err := s.run.vm.RunProgram(generalSpread)
		if err != nil {
			panic(err)
		}
		s.general, _ = goja.AssertFunction(made)
	}
	made, err := s.general(goja.Undefined(), from)
	if err != nil {
		panic(err)
	}
	return made
}

// copyPlain copies an ordinary object whose members are all ordinary and in order. It returns nil for any other.
func (s *spreader) copyPlain(site *spreadSite, from *baseLayout) goja.Value {
	names := from.propNames
	if len(names) == 0 || len(names)+len(site.added) > maxShapeKeys || from.symValues != nil {
		return nil
	}
	if from.lastSortedPropLen < len(names) && slices.ContainsFunc(names, mayBeIndex) {
		return nil
	}
	values, ok := membersOf(s.values[:0], from)
	s.values = values
	if !ok {
		return nil
	}
	if site.shape == nil || !slices.Equal(site.names, names) {
		site.learn(names)
	}
	for range len(site.shape.names) - len(names) {
		values = append(values, goja.Undefined())
	}
	s.values = values
	return s.maker.shaped(site.shape, values)
}

// learn prepares for objects with these names.
func (site *spreadSite) learn(names []unistring.String) {
	site.names = slices.Clone(names)
	all := slices.Clone(names)
	for _, name := range site.added {
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	site.shape = &shape{names: all, ordered: !slices.ContainsFunc(all, mayBeIndex)}
	site.shape.layWide()
}

// addMembers gives the members that a literal adds their values: in the object that copyMembers made, which is its first
// argument. It does the same whatever that was made of.
func (s *spreader) addMembers(call goja.FunctionCall) goja.Value {
	made, ok := call.Argument(0).(*goja.Object)
	if !ok {
		panic(errNoMethod) // there is no other caller than a literal
	}
	site := &s.sites[call.Argument(1).ToInteger()]
	base := baseOf(made)
	ours := site.shape != nil && len(base.propNames) > 0 && len(base.propNames) == len(site.shape.names) &&
		&base.propNames[0] == &site.shape.share()[0]
	for i, name := range site.added {
		v := call.Argument(2 + i) //nolint:mnd // the first two are the object and the site
		if ours {
			base.values[name] = v
		} else if err := made.DefineDataProperty(name.String(), v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE); err != nil {
			panic(err)
		}
	}
	return made
}

// membersOf adds the values of an object's members to values, in the order of their names, unless one is not ordinary.
func membersOf(values []goja.Value, from *baseLayout) ([]goja.Value, bool) {
	names := from.propNames
	if group := groupOf(from.values, names); group != nil {
		for i := range names {
			v := group.slots[i].value
			if v == nil || kindOf(v) == propertyKind {
				return values, false
			}
			values = append(values, v)
		}
		return values, true
	}
	for _, name := range names {
		v := from.values[name]
		if v == nil || kindOf(v) == propertyKind {
			return values, false
		}
		values = append(values, v)
	}
	return values, true
}
