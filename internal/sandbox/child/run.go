package child

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"

	"peneira/internal/sandbox/locale"
	"peneira/internal/sandbox/wire"
)

// overdue is how far past its deadline a run may go before the process ends itself. Its parent kills it much earlier,
// unless the parent is gone.
const overdue = 2 * time.Second

// answer is how a run ended: with a failure, with the entry point of a script that was only checked, or with an output.
type answer struct {
	failure    *wire.Failure
	entryPoint string
	output     [][]byte // JSON, in pieces
	runTime    time.Duration
}

// run is one run of a script, in a realm of its own: nothing that a script does outlives it.
type run struct {
	task    wire.Task
	input   []byte
	compile func() *program
	send    func(level uint8, message string) error

	program *program
	code    *goja.Program // the program's code for this run
	// patterns tells what the regular expressions were that this run had rewritten.
	patterns map[string]string
	orders   map[orderKey]*locale.Order
	vm       *goja.Runtime
	tools    *tools
	stop     atomic.Bool // set at the deadline, for loops of ours that the engine's interrupt does not reach
}

// errDeadline is what the deadline interrupts the engine with.
var errDeadline = errors.New("deadline")

// errEmptyInput is the fault of a parent that sends no input.
var errEmptyInput = errors.New("there is no input")

// errChannel ends a run whose parent cannot be written to.
var errChannel = errors.New("the channel is closed")

func newRun(task wire.Task, input []byte, send func(level uint8, message string) error) *run {
	return &run{task: task, input: input, send: send}
}

// carryOut runs the task under its deadline.
func (r *run) carryOut() answer {
	begun := time.Now()
	deadline := time.AfterFunc(r.task.Time, r.interrupt)
	defer deadline.Stop()
	suicide := time.AfterFunc(r.task.Time+overdue, func() { os.Exit(wire.ExitOverdue) })
	defer suicide.Stop()
	defer watchOwnMemory(r.task.MemoryBytes)()

	r.vm = goja.New()
	a := r.guarded()
	a.runTime = time.Since(begun)
	if a.failure != nil {
		a.failure.RunTime = a.runTime
		a.failure = bound(a.failure, r.task.ErrorBytes)
	}
	return a
}

func (r *run) interrupt() {
	r.stop.Store(true)
	r.vm.Interrupt(errDeadline)
}

// guarded runs the task and turns what comes out of the engine as a panic into a failure: an interrupt in the midst of a
// native, an allocation that Go refuses, an error in the engine. The realm is thrown away in any case.
func (r *run) guarded() (a answer) {
	defer func() {
		if x := recover(); x != nil {
			a = answer{failure: r.panicked(x)}
		}
	}()
	return r.steps()
}

// steps compiles the script, reads the input, loads the script, calls its function, waits for what it promised and
// writes the result. The input is read first, while nothing can have changed the realm's own objects.
func (r *run) steps() answer {
	r.program = r.compile()
	if r.program.failure != nil {
		f := *r.program.failure
		return answer{failure: &f}
	}
	r.vm.SetMaxCallStackSize(int(r.task.CallDepth))
	r.vm.SetParserOptions(parser.WithDisableSourceMaps)
	r.tools = takeTools(r.vm)
	installConsole(r)
	for _, a := range r.program.needs {
		if err := a.install(r); err != nil {
			return answer{failure: r.failed(err)}
		}
	}

	r.code = r.program.code
	if len(r.input) >= largeInputBytes {
		if err := r.quicken(); err != nil {
			return answer{failure: r.failed(err)}
		}
	}
	if len(r.program.spreads) > 0 {
		if err := installSpreads(r); err != nil {
			return answer{failure: r.failed(err)}
		}
	}

	var data goja.Value
	if !r.task.Check {
		var err error
		if data, err = r.readInput(); err != nil {
			return answer{failure: r.failed(err)}
		}
	}
	exports, err := r.load()
	if err != nil {
		return answer{failure: r.failed(err)}
	}
	name, entry, failure := r.findEntry(exports)
	if failure != nil {
		return answer{failure: failure}
	}
	if r.task.Check {
		return answer{entryPoint: name}
	}
	result, err := entry(goja.Undefined(), data)
	if err != nil {
		return answer{failure: r.failed(err)}
	}
	result, failure = r.settled(name, result)
	if failure != nil {
		return answer{failure: failure}
	}
	return r.output(result)
}

// readInput turns the input into what JSON.parse would give.
func (r *run) readInput() (goja.Value, error) {
	if len(r.input) == 0 {
		return nil, errEmptyInput
	}
	// Nothing writes to the input after this, so its strings need not be copied. Those of a large one are, to let it go.
	text := unsafe.String(&r.input[0], len(r.input)) //nolint:gosec // see above
	r.input = nil
	return readJSON(r.vm, text, &r.stop)
}

var promiseType = reflect.TypeFor[*goja.Promise]()

// settled waits for a result that is a promise, or looks like one. All jobs have run by now: without timers nothing can
// settle it later.
func (r *run) settled(name string, result goja.Value) (goja.Value, *wire.Failure) {
	object, ok := result.(*goja.Object)
	if !ok {
		return result, nil
	}
	var p *goja.Promise
	ok = false
	if object.ExportType() == promiseType {
		p, ok = object.Export().(*goja.Promise)
	}
	if !ok {
		var then goja.Value
		if err := r.try(func() { then = object.Get("then") }); err != nil {
			return nil, r.failed(err)
		}
		if _, callable := goja.AssertFunction(then); !callable {
			return result, nil
		}
		var resolve func(any) error
		p, resolve, _ = r.vm.NewPromise()
		if err := resolve(object); err != nil {
			return nil, r.failed(err)
		}
	}
	switch p.State() {
	case goja.PromiseStateFulfilled:
		return p.Result(), nil
	case goja.PromiseStateRejected:
		return nil, r.thrown(p.Result(), nil)
	default:
		return nil, &wire.Failure{
			Fault:   wire.ScriptFault,
			Message: fmt.Sprintf("the promise that %s returned never settles; the sandbox has no timers", name),
		}
	}
}

// output writes the result. What JSON cannot express as a whole, such as undefined or a function, is null.
func (r *run) output(v goja.Value) answer {
	var parts [][]byte
	var err error
	if ex := r.try(func() { parts, err = writeJSON(r.vm, r.tools, v, r.task.OutputBytes, &r.stop) }); ex != nil {
		err = ex
	}
	switch {
	case err != nil:
		return answer{failure: r.failed(err)}
	case parts == nil:
		return answer{output: [][]byte{[]byte("null")}}
	default:
		return answer{output: parts}
	}
}

// try calls f, in which guest code may run, and returns what it throws. Panics that are not the script's pass through.
func (r *run) try(f func()) (err error) {
	defer func() {
		x := recover()
		if x == nil {
			return
		}
		if e, ok := x.(error); ok && isStop(e) {
			err = e
			return
		}
		panic(x)
	}()
	if ex := r.vm.Try(f); ex != nil {
		return ex
	}
	return nil
}

// isStop reports whether an error ends the run whatever the script does about it.
func isStop(err error) bool {
	var interrupted *goja.InterruptedError
	var overflow *goja.StackOverflowError
	return errors.As(err, &interrupted) || errors.As(err, &overflow) || errors.Is(err, errDeadline)
}
