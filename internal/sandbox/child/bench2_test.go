package child

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dop251/goja"
	"peneira/internal/sandbox/wire"
)

func brows(n int) string {
	var b strings.Builder
	b.WriteByte('[')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"trimestre":"2023%d","nomeBandeira":%q,"nomeFuncao":"Crédito","produto":%q,`+
			`"qtdCartoesEmitidos":%d,"qtdCartoesAtivos":%d,"qtdTransacoesNacionais":%d,"valorTransacoesNacionais":%d.%02d}`,
			1+i%4, []string{"VISA", "MASTERCARD", "American Express"}[i%3], []string{"PRIVATE", "Intermediário"}[i%2],
			433549+i, 335542+i, 9107357+i, 1617984610+i, i%100)
	}
	b.WriteByte(']')
	return b.String()
}

func BenchmarkReadOnly(b *testing.B) {
	for _, n := range []int{6, 1000, 100000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			text := brows(n)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				vm := goja.New()
				if _, err := readJSON(vm, text, new(atomic.Bool)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

var cases = map[string]string{
	"sum": `function process(data) {
  const sums = new Map();
  for (const row of data.filter(r => r.produto === "PRIVATE")) {
    const key = row.trimestre + "|" + row.nomeBandeira;
    const s = sums.get(key) || { trimestre: row.trimestre, nomeBandeira: row.nomeBandeira, emitidos: 0, ativos: 0, valor: 0 };
    s.emitidos += row.qtdCartoesEmitidos;
    s.ativos += row.qtdCartoesAtivos;
    s.valor += row.valorTransacoesNacionais;
    sums.set(key, s);
  }
  return [...sums.values()];
}`,
	"id":     `function process(data) { return data; }`,
	"spread": `function process(data) { return data.map(r => ({...r, total: r.qtdCartoesEmitidos + r.qtdCartoesAtivos})); }`,
	"enrich": `function process(data) { for (const r of data) { r.total = r.qtdCartoesEmitidos + r.qtdCartoesAtivos; } return data; }`,
	"sort":   `function process(data) { return data.sort((a, b) => b.valorTransacoesNacionais - a.valorTransacoesNacionais || a.qtdCartoesAtivos - b.qtdCartoesAtivos).slice(0, 10); }`,
	"regexp": `function process(data) { let n = 0; for (const r of data) { if (/^American\s+\w+$/.test(r.nomeBandeira)) n++; n += r.nomeBandeira.toLowerCase().replace(/[aeiou]/g, "").length + r.trimestre.split("").length; } return n; }`,
}

func BenchmarkCases(b *testing.B) {
	n := 100000
	if os.Getenv("ROWS") != "" {
		fmt.Sscan(os.Getenv("ROWS"), &n)
	}
	for name, source := range cases {
		b.Run(name, func(b *testing.B) {
			input := []byte(brows(n))
			p := compile(hashOf(source), source)
			task := wire.Task{Time: time.Minute, OutputBytes: 1 << 30, LogBytes: 1 << 10, ErrorBytes: 1 << 10, CallDepth: 1000}
			b.ReportAllocs()
			for b.Loop() {
				r := newRun(task, input, nil)
				r.compile = func() *program { return p }
				if a := r.carryOut(); a.failure != nil {
					b.Fatal(a.failure)
				}
			}
		})
	}
}
