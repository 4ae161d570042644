package child

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dop251/goja"

	"peneira/internal/sandbox/wire"
)

// console is the realm's console: it writes to the execution's log.
type console struct {
	run    *run
	left   int64 // what the log limit leaves
	full   bool  // the limit has been met and said so
	indent int   // groups that are open
	counts map[string]int
	timers map[string]time.Time
}

// The bounds on what a console remembers.
const (
	maxGroups = 20
	maxLabels = 100
)

// installConsole gives the realm of r its console. The object is made when it is first asked for: most runs log nothing.
func installConsole(r *run) {
	global := r.vm.GlobalObject()
	settle := func(v goja.Value) {
		if err := global.DefineDataProperty("console", v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE); err != nil {
			panic(err)
		}
	}
	get := r.vm.ToValue(func(goja.FunctionCall) goja.Value {
		object := newConsole(r)
		settle(object)
		return object
	})
	set := r.vm.ToValue(func(f goja.FunctionCall) goja.Value {
		settle(f.Argument(0))
		return goja.Undefined()
	})
	if err := global.DefineAccessorProperty("console", get, set, goja.FLAG_TRUE, goja.FLAG_FALSE); err != nil {
		panic(err)
	}
}

// newConsole makes the console's object.
func newConsole(r *run) *goja.Object {
	c := &console{run: r, left: r.task.LogBytes}
	object := r.vm.NewObject()
	for name, call := range map[string]func(args []goja.Value){
		"debug":          func(args []goja.Value) { c.log(wire.LevelDebug, args) },
		"trace":          func(args []goja.Value) { c.log(wire.LevelDebug, args) },
		"log":            func(args []goja.Value) { c.log(wire.LevelLog, args) },
		"dir":            func(args []goja.Value) { c.log(wire.LevelLog, first(args)) },
		"dirxml":         func(args []goja.Value) { c.log(wire.LevelLog, args) },
		"table":          func(args []goja.Value) { c.log(wire.LevelLog, first(args)) },
		"info":           func(args []goja.Value) { c.log(wire.LevelInfo, args) },
		"warn":           func(args []goja.Value) { c.log(wire.LevelWarn, args) },
		"error":          func(args []goja.Value) { c.log(wire.LevelError, args) },
		"assert":         c.assert,
		"count":          c.count,
		"countReset":     func(args []goja.Value) { delete(c.counts, c.label(args)) },
		"time":           c.startTimer,
		"timeEnd":        func(args []goja.Value) { c.readTimer(args, true) },
		"timeLog":        func(args []goja.Value) { c.readTimer(args, false) },
		"group":          c.openGroup,
		"groupCollapsed": c.openGroup,
		"groupEnd":       func([]goja.Value) { c.indent = max(0, c.indent-1) },
		"clear":          func([]goja.Value) {},
	} {
		native := r.vm.ToValue(func(f goja.FunctionCall) goja.Value {
			call(f.Arguments)
			return goja.Undefined()
		})
		// Set would meet setters that a script has put on Object.prototype.
		if err := object.DefineDataProperty(name, native, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE); err != nil {
			panic(err)
		}
	}
	return object
}

func first(args []goja.Value) []goja.Value { return args[:min(1, len(args))] }

// log writes an entry of the values.
func (c *console) log(level uint8, args []goja.Value) {
	if c.full {
		return // a flood should cost its author, not us
	}
	c.write(level, c.format(args))
}

// write sends an entry, cut to what the limit leaves. When nothing is left, one last entry says so.
func (c *console) write(level uint8, message string) {
	if c.full {
		return
	}
	if c.indent > 0 {
		pad := strings.Repeat("  ", c.indent)
		message = pad + strings.ReplaceAll(message, "\n", "\n"+pad)
	}
	message = strings.ToValidUTF8(message, "\uFFFD")
	room := c.left - wire.EntryBytes
	fits := int64(len(message)) <= room
	if !fits {
		message = cut(message, int(max(0, room)))
	}
	if fits || message != "" {
		c.send(level, message)
	}
	if !fits {
		c.full = true
		c.send(wire.LevelSystem, "logs truncated at "+strconv.FormatInt(c.run.task.LogBytes, 10)+" bytes")
	}
}

func (c *console) send(level uint8, message string) {
	c.left -= int64(len(message)) + wire.EntryBytes
	if err := c.run.send(level, message); err != nil {
		panic(fmt.Errorf("%w: %w", errChannel, err))
	}
}

// format writes the values as Node's console does: strings as they are, the rest as inspected, and a first string with
// placeholders filled in.
func (c *console) format(args []goja.Value) string {
	in := &inspector{run: c.run, most: int(max(0, c.left))}
	var b strings.Builder
	if len(args) > 1 && goja.IsString(args[0]) {
		text := args[0].String()
		if strings.Contains(text, "%") {
			args = args[1:]
			args = c.fill(&b, in, text, args)
			if len(args) > 0 {
				b.WriteByte(' ')
			}
		}
	}
	for i, arg := range args {
		if i > 0 {
			b.WriteByte(' ')
		}
		if b.Len() > in.most {
			break
		}
		if goja.IsString(arg) {
			b.WriteString(arg.String())
		} else {
			b.WriteString(in.inspect(arg))
		}
	}
	return b.String()
}

// fill writes text with its placeholders replaced, and returns the values that had none.
func (c *console) fill(b *strings.Builder, in *inspector, text string, args []goja.Value) []goja.Value {
	for {
		at := strings.IndexByte(text, '%')
		if at < 0 || at+1 == len(text) {
			b.WriteString(text)
			return args
		}
		b.WriteString(text[:at])
		directive := text[at+1]
		text = text[at+2:]
		switch {
		case directive == '%':
			b.WriteByte('%')
		case len(args) == 0 || !strings.ContainsRune("sdifjoOc", rune(directive)):
			b.WriteByte('%')
			b.WriteByte(directive)
		default:
			b.WriteString(in.directive(directive, args[0]))
			args = args[1:]
		}
	}
}

func (c *console) assert(args []goja.Value) {
	if len(args) > 0 && args[0].ToBoolean() {
		return
	}
	message := "Assertion failed"
	if len(args) > 1 {
		message += ": " + c.format(args[1:])
	}
	c.write(wire.LevelError, message)
}

// label returns the label that a call names, or "default".
func (c *console) label(args []goja.Value) string {
	if len(args) == 0 || !goja.IsString(args[0]) {
		return "default"
	}
	const longest = 100
	return cut(args[0].String(), longest)
}

func (c *console) count(args []goja.Value) {
	if c.counts == nil {
		c.counts = make(map[string]int)
	}
	label := c.label(args)
	if len(c.counts) < maxLabels || c.counts[label] > 0 {
		c.counts[label]++
	}
	c.write(wire.LevelLog, label+": "+strconv.Itoa(c.counts[label]))
}

func (c *console) startTimer(args []goja.Value) {
	if c.timers == nil {
		c.timers = make(map[string]time.Time)
	}
	if len(c.timers) < maxLabels {
		c.timers[c.label(args)] = time.Now()
	}
}

func (c *console) readTimer(args []goja.Value, end bool) {
	label := c.label(args)
	begun, ok := c.timers[label]
	if !ok {
		return
	}
	if end {
		delete(c.timers, label)
	}
	const digits = 3
	c.write(wire.LevelLog, label+": "+strconv.FormatFloat(float64(time.Since(begun))/float64(time.Millisecond), 'f', digits, 64)+"ms")
}

func (c *console) openGroup(args []goja.Value) {
	if len(args) > 0 {
		c.log(wire.LevelLog, args)
	}
	c.indent = min(maxGroups, c.indent+1)
}
