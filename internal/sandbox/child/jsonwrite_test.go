package child

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/dop251/goja"

	"peneira/internal/rawjson"
)

// written writes v with the writer.
func written(vm *goja.Runtime, t *tools, v goja.Value) (string, error) {
	var parts [][]byte
	var err error
	r := &run{vm: vm}
	if ex := r.try(func() { parts, err = writeJSON(vm, t, v, 1<<20, new(atomic.Bool)) }); ex != nil {
		err = ex
	}
	if parts == nil {
		return "undefined", err
	}
	var text strings.Builder
	for _, part := range parts {
		text.Write(part)
	}
	return text.String(), err
}

// compareWriters checks that the writer and JSON.stringify make the same of what a script's function make returns, in
// realms of their own, and leave the same traces in the script's list log.
func compareWriters(t *testing.T, script string) {
	t.Helper()
	got := writtenBy(t, script, written)
	want := writtenBy(t, script, func(_ *goja.Runtime, t *tools, v goja.Value) (string, error) {
		out, err := t.stringify(goja.Undefined(), v)
		if err != nil {
			return "", err
		}
		return out.String(), nil
	})
	if got != want {
		t.Fatalf("%s\ngot  %.1000s\nwant %.1000s", script, got, want)
	}
}

func writtenBy(t *testing.T, script string, write func(*goja.Runtime, *tools, goja.Value) (string, error)) string {
	t.Helper()
	vm := goja.New()
	vm.SetMaxCallStackSize(200)
	tools := takeTools(vm)
	if _, err := vm.RunString("const log = [];" + script); err != nil {
		t.Fatalf("%s\n%v", script, err)
	}
	call, _ := goja.AssertFunction(vm.Get("make"))
	v, err := call(goja.Undefined())
	if err != nil {
		return "make threw " + message(err)
	}
	text, err := write(vm, tools, v)
	if err != nil {
		text = message(err)
	}
	log, err := vm.RunString("log.join()")
	if err != nil {
		return text
	}
	return text + "\nlog: " + log.String()
}

// message is what a script's author is told of an error.
func message(err error) string {
	if ex, ok := errors.AsType[*goja.Exception](err); ok {
		return "threw " + ex.Value().String()
	}
	return fmt.Sprintf("ended with %T", err)
}

func TestWriteJSONAgreesWithTheEngine(t *testing.T) {
	t.Parallel()
	for _, value := range seeds(t, "write") {
		compareWriters(t, "function make() { "+value+" }")
	}
	random := rand.New(rand.NewPCG(3, 4))
	for range 700 {
		bytes := make([]byte, 60)
		for i := range bytes {
			bytes[i] = byte(random.Uint32())
		}
		compareWriters(t, scriptOf(bytes))
	}
}

// FuzzWriteJSON compares the writer with JSON.stringify on the values of scripts that are made from bytes.
func FuzzWriteJSON(f *testing.F) {
	for i, seed := range seeds(f, "write") {
		f.Add([]byte(seed))
		f.Add([]byte{byte(i), byte(7 * i), byte(13 * i), 11, 200, byte(i), 3, 17, byte(31 * i)})
	}
	f.Fuzz(func(t *testing.T, bytes []byte) {
		if len(bytes) > 300 {
			t.Skip()
		}
		compareWriters(t, scriptOf(bytes))
	})
}

// TestWriteNumbers compares how numbers are written, where the two ways of doing it meet and on numbers at random.
func TestWriteNumbers(t *testing.T) {
	t.Parallel()
	vm := goja.New()
	tools := takeTools(vm)
	random := rand.New(rand.NewPCG(5, 6))
	numbers := []float64{
		0, math.Copysign(0, -1), 0.1, 0.01, 0.005, 0.3, 1e-6, 1e-7, 9.99e-7, 1.5e-10, 1e20, 1e21, 1.1e21, 1e22, 123456789.12,
		0.07, 1e300, 5e-324, math.MaxFloat64, math.NaN(), math.Inf(1), math.Inf(-1), 1e15, 1e13 + 0.25, 1e13 + 0.01, 999999999999999.9, 4503599627370497.5,
		1e-100, -1e-7, -0.5, -0.01, 9007199254740993, 1e14 / 3, 100, -100.10, 2.50,
	}
	for range 20_000 {
		numbers = append(numbers,
			math.Float64frombits(random.Uint64()),
			math.Round(random.NormFloat64()*1e6)/100,
			random.NormFloat64()*math.Pow(10, float64(random.IntN(40)-20)),
			float64(random.Int64N(1<<60))/100,
		)
	}
	for _, f := range numbers {
		want, err := tools.stringify(goja.Undefined(), vm.ToValue(f))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(appendFloat(nil, f)); got != want.String() {
			t.Errorf("%b is written %s, not %s", f, got, want)
		}
	}
}

func TestWriteJSONBounds(t *testing.T) {
	t.Parallel()
	vm := goja.New()
	tools := takeTools(vm)
	value := func(source string) goja.Value {
		v, err := vm.RunString(source)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	stopped := new(atomic.Bool)
	stopped.Store(true)
	nested := fmt.Sprintf("(() => { let v = 0; for (let i = 0; i < %d; i++) v = [v]; return v; })()", rawjson.MaxDepth)
	for _, c := range []struct {
		source string
		most   int64
		stop   *atomic.Bool
		want   error
	}{
		{`"abc"`, 5, new(atomic.Bool), nil},
		{`"abc"`, 4, new(atomic.Bool), errOutput},
		{`"\n"`, 3, new(atomic.Bool), errOutput},
		{`"é\ud800"`, 9, new(atomic.Bool), errOutput},
		{`[1, 2]`, 5, new(atomic.Bool), nil},
		{`[1, 2]`, 4, new(atomic.Bool), errOutput},
		{`({a: new Date(0)})`, 20, new(atomic.Bool), errOutput},
		{`"x".repeat(1e6)`, 1000, new(atomic.Bool), errOutput},
		{`new Array(1e9)`, 1000, new(atomic.Bool), errOutput},
		{`new Array(5000).fill(1)`, 1 << 20, stopped, errDeadline},
		{nested, 1 << 20, new(atomic.Bool), nil},
		{"[" + nested + "]", 1 << 20, new(atomic.Bool), errNesting},
	} {
		_, err := writeJSON(vm, tools, value(c.source), c.most, c.stop)
		if !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("%.50s in %d bytes: %v, want %v", c.source, c.most, err, c.want)
		}
	}
}

// TestWriteLargeResult checks that a result of several parts is whole, and reads back as it was.
func TestWriteLargeResult(t *testing.T) {
	t.Parallel()
	vm := goja.New()
	var text strings.Builder
	text.WriteString("[")
	for i := range 30_000 {
		fmt.Fprintf(&text, `{"id":%d,"name":"Crédito \"%d\"","amount":%d.%02d,"list":[null,true,"\\"]},`, i, i%7, i, i%100)
	}
	text.WriteString("0]")
	want := strings.NewReplacer(".00,", ",", "0,\"list\"", ",\"list\"").Replace(text.String())
	v, err := readJSON(vm, text.String(), new(atomic.Bool))
	if err != nil {
		t.Fatal(err)
	}
	parts, err := writeJSON(vm, takeTools(vm), v, 1<<30, new(atomic.Bool))
	if err != nil || len(parts) < 2 {
		t.Fatal(len(parts), err)
	}
	got, err := takeTools(vm).stringify(goja.Undefined(), v)
	if err != nil {
		t.Fatal(err)
	}
	var whole strings.Builder
	for _, part := range parts {
		whole.Write(part)
	}
	if whole.String() != got.String() {
		t.Error("the parts are not the whole", len(want))
	}
}
