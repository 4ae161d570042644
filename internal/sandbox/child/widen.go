package child

import (
	"reflect"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/token"
	"github.com/dop251/goja/unistring"
)

// Rows often have eight members or nearly, and a script that adds one has the engine make the map of each row anew. So
//
//	row.total = x
//
// becomes room for(row, n).total = x. That is row, whose map has room for one more member by then, if it was full. A script
// cannot tell: the members are the same, and whether the assignment adds one is left to the engine. n is the number of the
// assignment.

// widener makes room for members in one realm.
type widener struct {
	names []unistring.String // by number
	sites []widenedSite
	cells []wideCell
	step  int
}

// wideCell is what a row needs that is widened: its members, and a list of its names.
type wideCell struct {
	members wideMap
	names   [groupSlots + 1]unistring.String
}

// widenedSite is one assignment. Most see objects of one shape only.
type widenedSite struct {
	first *unistring.String // of the shared list of names that the model is for
	model wideModel
	known bool // whether there is a model for them
	made  int  // how many models were made; after maxModels the site is left alone
}

// maxModels bounds how often an assignment may meet rows of another shape: a model costs more than it saves one row.
const maxModels = 64

// rewriteMember has an assignment to a member of what a variable holds make room for it.
func (q *quickProgram) rewriteMember(v reflect.Value) {
	assignment := nodeOf[ast.AssignExpression](v)
	if assignment == nil || assignment.Operator != token.ASSIGN {
		return
	}
	member, ok := assignment.Left.(*ast.DotExpression)
	if !ok {
		return
	}
	if variable, ok := member.Left.(*ast.Identifier); ok {
		member.Left = callOf(roomForName, variable, variable, numberAt(variable, len(q.members)))
		q.members = append(q.members, member.Identifier.Name)
	}
}

// maxWideCells is maxCells for what wide maps need.
const maxWideCells = (8<<10 - 8) / int(unsafe.Sizeof(wideCell{}))

func newWidener(names []unistring.String) *widener {
	return &widener{names: names, sites: make([]widenedSite, len(names)), step: 1}
}

// roomFor returns its first argument.
func (w *widener) roomFor(call goja.FunctionCall) goja.Value {
	v := call.Argument(0)
	o, ok := v.(*goja.Object)
	if !ok || !widensMaps || selfOf(o).tab != plainKind {
		return v
	}
	base := baseOf(o)
	if len(base.propNames) != groupSlots || !base.extensible {
		return v
	}
	n := call.Argument(1).ToInteger()
	if base.values[w.names[n]] != nil {
		return v
	}
	group := groupOf(base.values, base.propNames)
	if group == nil {
		return v
	}
	site := &w.sites[n]
	if first := &base.propNames[0]; site.first != first {
		if site.made == maxModels || !isShared(base.propNames) {
			return v
		}
		site.made++
		site.first, site.known = first, site.model.take(base.propNames)
	}
	if site.known {
		c := w.cell()
		site.model.widen(base.values, group, &c.members)
		copy(c.names[:], base.propNames)
		base.propNames = c.names[:groupSlots]
	}
	return v
}

// isShared reports whether a list of names is one that the engine does not change in place.
func isShared(names []unistring.String) bool {
	whole := names[:cap(names)]
	return len(whole) > len(names) && whole[len(whole)-1] == sharedNames
}

func (w *widener) cell() *wideCell {
	if len(w.cells) == 0 {
		w.step = min(2*w.step, maxWideCells)
		w.cells = make([]wideCell, w.step)
	}
	c := &w.cells[0]
	w.cells = w.cells[1:]
	return c
}
