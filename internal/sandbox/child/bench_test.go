package child

import (
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dop251/goja"

	"peneira/internal/sandbox/wire"
)

// BenchmarkRun measures a run of the Bacen size without the process boundary.
func BenchmarkRun(b *testing.B) {
	const source = `function process(data) {
  const sums = new Map();
  for (const row of data.filter(r => r.produto === "PRIVATE")) {
    const s = sums.get(row.trimestre) || { trimestre: row.trimestre, emitidos: 0, valor: 0 };
    s.emitidos += row.qtdCartoesEmitidos;
    s.valor += row.valorTransacoesNacionais;
    sums.set(row.trimestre, s);
  }
  return [...sums.values()];
}`
	const row = `{"trimestre":"20231","nomeBandeira":"VISA","nomeFuncao":"Crédito","produto":"PRIVATE",` +
		`"qtdCartoesEmitidos":433549,"qtdCartoesAtivos":335542,"qtdTransacoesNacionais":9107357,"valorTransacoesNacionais":1617984610.42}`
	input := []byte("[" + row + "," + row + "," + row + "," + row + "," + row + "," + row + "]")
	p := compile(hashOf(source), source)
	task := wire.Task{Time: time.Second, OutputBytes: 1 << 20, LogBytes: 1 << 10, ErrorBytes: 1 << 10, CallDepth: 1000}
	b.ReportAllocs()
	for b.Loop() {
		r := newRun(task, input, nil)
		r.compile = func() *program { return p }
		if a := r.carryOut(); a.failure != nil {
			b.Fatal(a.failure)
		}
	}
}

// BenchmarkAdditions measures what each addition costs a run whose script names it, above the script that names none.
func BenchmarkAdditions(b *testing.B) {
	for _, word := range []string{"none", "asyncIterator", "groupBy", "withResolvers", "fromAsync", "WellFormed", "structuredClone", "RegExp", "escape", "Intl", "Iterator"} {
		b.Run(word, func(b *testing.B) {
			source := "function process(data) { return data } // " + word
			p := compile(hashOf(source), source)
			task := wire.Task{Time: time.Second, OutputBytes: 1 << 20, LogBytes: 1 << 10, ErrorBytes: 1 << 10, CallDepth: 1000}
			for b.Loop() {
				r := newRun(task, []byte("1"), nil)
				r.compile = func() *program { return p }
				if a := r.carryOut(); a.failure != nil {
					b.Fatal(a.failure)
				}
			}
		})
	}
}

// BenchmarkReadRows measures reading 10,000 rows of so many members.
func BenchmarkReadRows(b *testing.B) {
	for _, members := range []int{4, 8, 10, 14, 15} {
		b.Run(strconv.Itoa(members), func(b *testing.B) {
			var row []string
			for i := range members {
				row = append(row, fmt.Sprintf(`"member%d":%d`, i, 1000+i))
			}
			text := "[" + strings.TrimSuffix(strings.Repeat("{"+strings.Join(row, ",")+"},", 10_000), ",") + "]"
			vm := goja.New()
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := readJSON(vm, text, new(atomic.Bool)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
