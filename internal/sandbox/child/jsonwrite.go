package child

import (
	"errors"
	"slices"
	"strconv"
	"sync/atomic"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"

	"peneira/internal/rawjson"
)

// The writer gives what the realm's own JSON.stringify gives. It writes primitive values, arrays and ordinary objects
// itself, and hands every value in whose writing guest code may have a say (one with a toJSON, a Date, a Proxy, an
// object of a class or a kind of its own) to the engine's function, taken before any guest code ran.

// The errors of the writer that are not the engine's.
var (
	errOutput  = errors.New("the result is larger than the output limit")
	errNesting = errors.New("the result is nested too deep")
)

// partBytes is about how much of a result lies in one piece, so that a large one is never copied to make room.
const partBytes = 256 << 10

// writer writes one result.
type writer struct {
	vm        *goja.Runtime
	stringify goja.Callable
	get       goja.Callable // see lookUp; nil until it is needed
	within    goja.Value    // checkWithin as a value; nil until it is needed
	stop      *atomic.Bool
	most      int64 // bytes that the result may have

	parts   [][]byte
	flushed int64 // bytes in parts
	buf     []byte
	count   int

	frames []opened
	copied int // how many of the frames hold names that guest code cannot change
	guests int // counts the calls after which any object may have changed

	objects, arrays *goja.Object // Object.prototype and Array.prototype
	chains          chains
	keys            [64]writtenKey
}

// opened is an object or array that is being written.
type opened struct {
	object *goja.Object
	names  []unistring.String // of an object, as they were when its writing began
	hidden []bool             // which of them are not to be written; nil if none
}

// writtenKey is a name as JSON, with its colon.
type writtenKey struct {
	name unistring.String
	text []byte
}

// writeJSON writes v, and returns nothing when JSON leaves it out, as undefined and functions. The error is errOutput,
// errNesting, errDeadline once stop is set, or the engine's.
func writeJSON(vm *goja.Runtime, t *tools, v goja.Value, most int64, stop *atomic.Bool) ([][]byte, error) {
	w := &writer{
		vm: vm, stringify: t.stringify, stop: stop, most: most, buf: make([]byte, 0, 1<<10),
		objects: vm.NewObject().Prototype(), arrays: vm.NewArray().Prototype(),
	}
	written, err := w.member(v, &place{})
	if err != nil || !written {
		return nil, err
	}
	if w.size() > w.most {
		return nil, errOutput
	}
	return append(w.parts, w.buf), nil
}

// size returns how many bytes are written.
func (w *writer) size() int64 { return w.flushed + int64(len(w.buf)) }

// step is called for each value. It looks at the limits.
func (w *writer) step() error {
	w.count++
	if w.count%stopEvery == 0 && w.stop.Load() {
		return errDeadline
	}
	if len(w.buf) >= partBytes {
		w.parts = append(w.parts, w.buf)
		w.flushed += int64(len(w.buf))
		w.buf = make([]byte, 0, partBytes+partBytes/16)
	}
	if w.size() > w.most {
		return errOutput
	}
	return nil
}

// place is where a value stands: under a name, at an index, or alone.
type place struct {
	text  []byte           // the name as JSON, with its colon
	name  unistring.String // used by objects, and alone, where it is empty
	index uint32           // used by arrays
	array bool
	comma bool // it follows another
}

// begin writes what stands before a value.
func (w *writer) begin(p *place) {
	if p.comma {
		w.buf = append(w.buf, ',')
	}
	w.buf = append(w.buf, p.text...)
}

// member writes a value in its place. It reports whether JSON keeps the value: if not, nothing is written.
func (w *writer) member(v goja.Value, p *place) (bool, error) {
	if err := w.step(); err != nil {
		return false, err
	}
	f := faceOf(&v)
	switch f.tab {
	case asciiKind:
		w.begin(p)
		return true, w.ascii(*(*string)(f.data))
	case integerKind:
		w.begin(p)
		w.buf = strconv.AppendInt(w.buf, *(*int64)(f.data), 10)
	case floatKind:
		w.begin(p)
		w.buf = appendFloat(w.buf, *(*float64)(f.data))
	case objectKind:
		return w.objectMember((*goja.Object)(f.data), p)
	case nullKind, boolKind:
		w.begin(p)
		w.buf = append(w.buf, v.String()...)
	case importedKind:
		w.begin(p)
		return true, w.imported(v.String())
	case unicodeKind:
		w.begin(p)
		return true, w.unicode((*(*[]uint16)(f.data))[1:]) // the first says what it is
	case undefinedKind:
		return false, nil
	default:
		if _, symbol := v.(*goja.Symbol); symbol {
			return false, nil
		}
		return w.delegate(v, p)
	}
	return true, nil
}

// plainClass is what the engine calls an object of no class of its own. Its raw JSON has another.
const plainClass = "Object"

// objectMember is member for an object.
func (w *writer) objectMember(o *goja.Object, p *place) (bool, error) {
	self := selfOf(o)
	if self.tab != arrayKind && (self.tab != plainKind || baseOf(o).class != plainClass) {
		return w.delegate(o, p)
	}
	if base := baseOf(o); base.values["toJSON"] != nil || !w.inherited().none(base.prototype) {
		return w.delegate(o, p)
	}
	if w.opened(o) {
		panic(w.vm.NewTypeError(circular))
	}
	if len(w.frames) == rawjson.MaxDepth {
		return false, errNesting
	}
	w.begin(p)
	w.frames = append(w.frames, opened{object: o})
	write := w.object
	if self.tab == arrayKind {
		write = w.array
	}
	err := write(o)
	w.frames = w.frames[:len(w.frames)-1]
	w.copied = min(w.copied, len(w.frames))
	return true, err
}

// array writes an array.
func (w *writer) array(o *goja.Object) error {
	w.buf = append(w.buf, '[')
	length := arrayOf(o).length
	for i := range length {
		v, err := w.item(o, i)
		if err != nil {
			return err
		}
		written, err := w.member(v, &place{index: i, array: true, comma: i > 0})
		if err != nil {
			return err
		}
		if !written {
			w.begin(&place{comma: i > 0})
			w.buf = append(w.buf, "null"...)
		}
	}
	w.buf = append(w.buf, ']')
	return nil
}

// item reads an array's item. Guest code may have made anything of the array since its writing began.
func (w *writer) item(o *goja.Object, i uint32) (goja.Value, error) {
	if selfOf(o).tab == arrayKind {
		a := arrayOf(o)
		if uint64(i) < uint64(len(a.values)) && a.values[i] != nil {
			if v := a.values[i]; kindOf(v) != propertyKind {
				return v, nil
			}
		} else if w.inherited().noIndex(a.baseObject.prototype) {
			return goja.Undefined(), nil
		}
	}
	return w.lookUp(o, w.vm.ToValue(int64(i)))
}

// object writes an ordinary object.
func (w *writer) object(o *goja.Object) error {
	base := baseOf(o)
	if base.lastSortedPropLen < len(base.propNames) && slices.ContainsFunc(base.propNames, mayBeIndex) {
		o.Keys() // puts them in order
	}
	depth, guests := len(w.frames)-1, w.guests
	w.frames[depth].names = base.propNames
	w.buf = append(w.buf, '{')
	comma := false
	for i := range base.propNames {
		// The names are looked up each time, since they are copied before guest code runs.
		name := w.frames[depth].names[i]
		v := base.values[name]
		if w.guests != guests || kindOf(v) == propertyKind {
			w.protect()
			if f := &w.frames[depth]; i < len(f.hidden) && f.hidden[i] {
				continue
			}
			var err error
			if v, err = w.lookUp(o, nameValue(name)); err != nil {
				return err
			}
		}
		written, err := w.member(v, &place{text: w.key(name), name: name, comma: comma})
		if err != nil {
			return err
		}
		comma = comma || written
	}
	w.buf = append(w.buf, '}')
	return nil
}
