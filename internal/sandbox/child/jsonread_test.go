package child

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/dop251/goja"
)

// read reads text and writes it again with the engine's JSON.stringify.
func read(t *testing.T, vm *goja.Runtime, text string) (string, error) {
	t.Helper()
	v, err := readJSON(vm, text, new(atomic.Bool))
	if err != nil {
		return "", err
	}
	out, err := takeTools(vm).stringify(goja.Undefined(), v)
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), nil
}

// TestReadJSONAgreesWithTheEngine compares the reader with JSON.parse: in all that a script can see of what they make,
// before and after a script has changed it.
func TestReadJSONAgreesWithTheEngine(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		compareReaders(t, randomJSON(random, 0), random.Uint64())
	}
	rows := "[" + strings.Repeat(`{"a":1,"name":"é","2":[{"x":null}],"a":2,"__proto__":{"y":1},"b":{},"c":0.5,"d":"d"},`, 5) + "1]"
	for change := range changes {
		compareReaders(t, rows, 1<<change)
	}
}

// parse calls the engine's own JSON.parse.
func parse(t *testing.T, vm *goja.Runtime, text string) (goja.Value, error) {
	t.Helper()
	call, err := method(vm, "JSON", "parse")
	if err != nil {
		t.Fatal(err)
	}
	return call(goja.Undefined(), vm.ToValue(text))
}

func randomJSON(r *rand.Rand, depth int) string {
	kind := r.IntN(8)
	if depth > 4 {
		kind = r.IntN(5)
	}
	space := []string{"", " ", "\n\t", "\r"}[r.IntN(4)]
	switch kind {
	case 0:
		return space + []string{"true", "false", "null"}[r.IntN(3)]
	case 1:
		return space + fmt.Sprint(r.Int64N(1<<60)-1<<59)
	case 2:
		return space + fmt.Sprint(r.NormFloat64()*1e10)
	case 3:
		return space + fmt.Sprintf("%d.%de%d", r.IntN(100), r.IntN(100), r.IntN(40)-20)
	case 4:
		return randomString(r) + space
	case 5, 6:
		var members []string
		for range r.IntN(5) {
			members = append(members, randomString(r)+space+":"+randomJSON(r, depth+1))
		}
		return "{" + space + strings.Join(members, ","+space) + space + "}"
	default:
		var items []string
		for range r.IntN(5) {
			items = append(items, randomJSON(r, depth+1))
		}
		return "[" + space + strings.Join(items, space+",") + space + "]"
	}
}

func randomString(r *rand.Rand) string {
	pieces := []string{"a", "b", "1", "é", "😀", `\n`, `\"`, `\\`, `\/`, `\u0000`, `\u00e9`, `\ud83d\ude00`, "\u2028", "x y"}
	var b strings.Builder
	b.WriteByte('"')
	for range r.IntN(4) {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	b.WriteByte('"')
	return b.String()
}

func TestReadJSONRefusesWhatIsNotJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " ", "{", "[", `"`, `"a`, `"\`, `"\u12`, `"\x"`, "[1", "[1,", "[1,]", `{"a"`, `{"a":`, `{"a":1,}`, "{a:1}", "tru", "nul", "-", "+1x",
		"1 2", "[1]]", "\"\n\"", "\x00",
	} {
		if got, err := read(t, goja.New(), text); err == nil {
			t.Errorf("%q gave %s", text, got)
		}
	}
	if _, err := read(t, goja.New(), strings.Repeat("[", maxDepth+1)); err == nil {
		t.Error("no bound on the nesting")
	}
}

func TestReadJSONStopsAtTheDeadline(t *testing.T) {
	t.Parallel()
	vm := goja.New()
	stop := new(atomic.Bool)
	stop.Store(true)
	text := "[" + strings.Repeat("1,", 2*stopEvery) + "1]"
	if _, err := readJSON(vm, text, stop); err == nil {
		t.Error("it read on")
	}
}

// The members of rows are laid out in one of three ways, by their number.
func TestRowsOfManyMembersAreRead(t *testing.T) {
	t.Parallel()
	names := []string{"b", "a", "", "é", "trimestre", "a name of more than sixteen bytes", "__proto__", "toJSON", "-1", "x y", "c", "d", "e", "f", "g", "h", "i", "j"}
	for _, n := range []int{1, 8, 9, 10, 13, 14, 15, len(names)} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			var rows []string
			for i := range 5 {
				var members []string
				for j, name := range names[:n] {
					members = append(members, fmt.Sprintf("%q:%d", name, 100*i+j))
				}
				rows = append(rows, "{"+strings.Join(members, ",")+"}")
			}
			text := "[" + strings.Join(rows, ",") + "]"
			for which := range changes {
				compareReaders(t, text, 1<<which)
			}
		})
	}
}
