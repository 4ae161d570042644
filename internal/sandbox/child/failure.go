package child

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dop251/goja"

	"peneira/internal/rawjson"
	"peneira/internal/sandbox/wire"
)

// maxFrames is how many of the user's own frames a stack shows.
const maxFrames = 10

// failed describes the error with which a call into the engine ended.
func (r *run) failed(err error) *wire.Failure {
	var interrupted *goja.InterruptedError
	var overflow *goja.StackOverflowError
	var exception *goja.Exception
	switch {
	case errors.Is(err, errChannel):
		return &wire.Failure{Fault: wire.EngineFault, Message: "the sandbox lost its parent"}
	case errors.As(err, &interrupted):
		return r.locate(&wire.Failure{Fault: wire.TimeFault}, r.frames(interrupted.Stack()))
	case errors.Is(err, errDeadline):
		return &wire.Failure{Fault: wire.TimeFault}
	case errors.Is(err, errOutput):
		return &wire.Failure{Fault: wire.OutputFault}
	case errors.Is(err, errNesting):
		return &wire.Failure{
			Fault:   wire.ScriptFault,
			Name:    "RangeError",
			Message: fmt.Sprintf("the result is nested more than %d levels deep", rawjson.MaxDepth),
		}
	case errors.As(err, &overflow):
		f := &wire.Failure{Fault: wire.ScriptFault, Name: "RangeError", Message: "Maximum call stack size exceeded"}
		return r.locate(f, r.frames(overflow.Stack()))
	case errors.As(err, &exception):
		return r.thrown(exception.Value(), exception.Stack())
	default:
		return &wire.Failure{Fault: wire.EngineFault, Message: err.Error()}
	}
}

// panicked describes what came out of the engine as a panic.
func (r *run) panicked(x any) *wire.Failure {
	if err, ok := x.(error); ok {
		var exception *goja.Exception
		var bug runtime.Error
		switch {
		case isStop(err), errors.Is(err, errChannel), errors.As(err, &exception):
			return r.failed(err)
		case errors.As(err, &bug) && strings.Contains(bug.Error(), "makeslice"):
			// A native that was asked for more than there can be.
			return &wire.Failure{Fault: wire.ScriptFault, Name: "RangeError", Message: "Invalid length"}
		case errors.As(err, &bug) && bytes.Contains(debug.Stack(), []byte("goja.(*proxyObject)")):
			// The engine believes what a trap returns, for example a list of keys that says it is longer than it is.
			return &wire.Failure{Fault: wire.ScriptFault, Name: "TypeError", Message: "a trap of a Proxy returned what it must not"}
		}
	}
	if v, ok := x.(goja.Value); ok {
		return r.thrown(v, nil)
	}
	return &wire.Failure{Fault: wire.EngineFault, Message: "the script made the engine fail: " + engineText(x)}
}

// engineText describes what the engine panicked with: its words, if it has any. Of other values it tells the type alone, since
// what they hold is the engine's own, down to its addresses in memory.
func engineText(x any) string {
	switch x := x.(type) {
	case string:
		return x
	case error:
		return x.Error()
	default:
		return fmt.Sprintf("%T", x)
	}
}

// frame is one of the user's own frames in a stack.
type frame struct {
	function     string
	line, column uint32
}

// String returns the frame as "name (script.js:3:5)".
func (f frame) String() string {
	at := fmt.Sprintf("%s:%d:%d", fileName, f.line, f.column)
	if f.function == "" || f.function == "<anonymous>" {
		return at
	}
	return f.function + " (" + at + ")"
}

// frames keeps the user's own frames of a stack, the innermost first.
func (r *run) frames(stack []goja.StackFrame) []frame {
	var own []frame
	for i := range stack {
		if len(own) == maxFrames {
			break
		}
		f := &stack[i]
		if f.SrcName() != fileName {
			continue
		}
		at := f.Position()
		line, column := r.program.position(at.Line, at.Column)
		if line == 0 {
			continue
		}
		own = append(own, frame{function: r.program.name(f.FuncName()), line: line, column: column})
	}
	return own
}

// stackLine is a line of the engine's own stack texts: "\tat name (script.js:3:5(12))" or "\tat script.js:3:5(12)".
var stackLine = regexp.MustCompile(`(?m)^\tat (?:(.*) \()?` + regexp.QuoteMeta(fileName) + `:(\d+):(\d+)\(\d+\)\)?$`)

// parseFrames keeps the user's own frames of a stack that is a text. A script may have written it: then it only leads
// its author astray.
func (r *run) parseFrames(text string) []frame {
	var own []frame
	source := r.program.text()
	lines := strings.Count(source, "\n") + 1 + strings.Count(source, "\r")
	for _, m := range stackLine.FindAllStringSubmatch(text, maxFrames) {
		line, err := strconv.Atoi(m[2])
		if err != nil {
			continue
		}
		column, err := strconv.Atoi(m[3])
		if err != nil || line > lines {
			continue
		}
		f := frame{function: r.program.name(m[1])}
		if f.line, f.column = r.program.position(line, column); f.line > 0 {
			own = append(own, f)
		}
	}
	return own
}

// locate puts the position and the stack of frames into f.
func (r *run) locate(f *wire.Failure, frames []frame) *wire.Failure {
	if len(frames) == 0 {
		return f
	}
	f.Line, f.Column = frames[0].line, frames[0].column
	var b strings.Builder
	for i, at := range frames {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString("at " + at.String())
	}
	f.Stack = b.String()
	return f
}

// thrown describes a value that a script threw, or rejected a promise with. Reading an error's members may run guest
// code, which may throw, loop or lie; the deadline still stands.
func (r *run) thrown(value goja.Value, stack []goja.StackFrame) *wire.Failure {
	f := &wire.Failure{Fault: wire.ScriptFault}
	object, ok := value.(*goja.Object)
	if !ok || object.ClassName() != "Error" {
		f.Message = "the script threw " + r.describeThrown(value)
		return r.locate(f, r.frames(stack))
	}
	var trace string
	for _, member := range []struct {
		name string
		into *string
	}{{"name", &f.Name}, {"message", &f.Message}, {"stack", &trace}} {
		text, err := r.member(object, member.name)
		if err != nil && isStop(err) {
			return r.failed(err)
		}
		*member.into = text
	}
	if f.Name == "" {
		f.Name = "Error"
	}
	if f.Name == "TypeError" && noPrimitive.MatchString(f.Message) {
		f.Message = "Cannot convert object to primitive value"
	}
	if f.Name == "ReferenceError" && f.Message == "require is not defined" {
		f.Message += "; " + noModules
	}
	frames := r.parseFrames(trace)
	if len(frames) == 0 {
		frames = r.frames(stack)
	}
	return r.locate(f, frames)
}

// noPrimitive is what the engine says of an object that has no primitive value, with all that the object is in memory.
var noPrimitive = regexp.MustCompile(`(?s)^Could not convert &\{.* to primitive$`)

// member reads a member of an error as a text; one that is not a text, or cannot be read, is "".
func (r *run) member(object *goja.Object, name string) (string, error) {
	var text string
	err := r.try(func() {
		if v := object.Get(name); v != nil && goja.IsString(v) {
			text = v.String()
		}
	})
	return text, err
}

// describeThrown says what was thrown that is not an error: `a string: "oops"`.
func (r *run) describeThrown(value goja.Value) string {
	if value == nil || goja.IsUndefined(value) {
		return "undefined"
	}
	if goja.IsNull(value) {
		return "null"
	}
	kind := describeKind(value)
	if _, ok := goja.AssertFunction(value); ok {
		kind = "a function"
	}
	in := inspector{run: r, most: int(r.task.ErrorBytes)}
	return kind + ": " + in.inspect(value)
}

// bound cuts the texts of a failure to limit bytes together: the stack gives way first, then the message.
func bound(f *wire.Failure, limit int64) *wire.Failure {
	left := int(limit)
	for _, text := range []*string{&f.Name, &f.Message, &f.Stack} {
		most := left
		if text == &f.Name {
			most = min(left, maxErrorName)
		}
		*text = cut(strings.ToValidUTF8(*text, "\uFFFD"), most)
		left -= len(*text)
	}
	return f
}

// maxErrorName is how long an error's name may be.
const maxErrorName = 128

// cut returns as much of s as fits in most bytes, in whole characters, with a mark where it was cut.
func cut(s string, most int) string {
	const mark = "…"
	if len(s) <= most {
		return s
	}
	if most < len(mark) {
		return ""
	}
	end := most - len(mark)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + mark
}
