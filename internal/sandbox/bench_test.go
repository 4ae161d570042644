package sandbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"peneira/internal/sandbox"
	"peneira/internal/sandbox/child"
)

// summary filters, groups and sums rows of the Bacen shape.
const summary = `function process(data) {
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
}`

// rows makes n rows of the Bacen shape.
func rows(n int) string {
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

func benchmarkExecute(b *testing.B, n int, parallel bool) {
	b.Helper()
	limits := sandbox.Limits{Time: time.Minute, MemoryBytes: 1 << 30}
	pool := start(b, sandbox.Config{Sandboxes: 2, Limits: limits})
	r := request(summary, rows(n))
	b.SetBytes(int64(len(r.Input)))
	if _, err := pool.Execute(b.Context(), r); err != nil {
		b.Fatal(err)
	}
	one := func() time.Duration {
		o, err := pool.Execute(context.Background(), r)
		if err != nil || o.Err != nil {
			b.Fatal(err, o.Err)
		}
		return o.RunTime
	}
	b.ReportAllocs()
	b.ResetTimer()
	if parallel {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				one()
			}
		})
		return
	}
	var inside time.Duration
	for b.Loop() {
		inside += one()
	}
	b.ReportMetric(float64(inside.Microseconds())/float64(b.N), "µs-inside/op")
}

func BenchmarkExecute(b *testing.B) {
	for _, n := range []int{6, 1000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) { benchmarkExecute(b, n, false) })
	}
	b.Run("6 parallel", func(b *testing.B) { benchmarkExecute(b, 6, true) })
}

// BenchmarkBoundary runs the Bacen size through the pool and in this process, with as many runs at once as there are
// sandboxes. The difference is what the boundary costs.
func BenchmarkBoundary(b *testing.B) {
	source, input := summary, rows(6)
	n := runtime.GOMAXPROCS(0)
	b.Run("pool", func(b *testing.B) {
		pool := start(b, sandbox.Config{Sandboxes: n})
		r := request(source, input)
		eachTimed(b, func() error {
			o, err := pool.Execute(context.Background(), r)
			if err == nil && o.Err != nil {
				err = o.Err
			}
			return err
		})
	})
	b.Run("process", func(b *testing.B) {
		local, err := child.NewLocal(source)
		if err != nil {
			b.Fatal(err)
		}
		eachTimed(b, func() error {
			_, err := local.Run([]byte(input))
			return err
		})
	})
}

// eachTimed calls f in parallel, and reports the percentiles of its times.
func eachTimed(b *testing.B, f func() error) {
	b.Helper()
	if err := f(); err != nil {
		b.Fatal(err)
	}
	var mu sync.Mutex
	var all []time.Duration
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		var own []time.Duration
		for pb.Next() {
			begun := time.Now()
			if err := f(); err != nil {
				b.Error(err)
				return
			}
			own = append(own, time.Since(begun))
		}
		mu.Lock()
		defer mu.Unlock()
		all = append(all, own...)
	})
	slices.Sort(all)
	if len(all) == 0 {
		return
	}
	b.ReportMetric(float64(all[len(all)/2].Nanoseconds())/1e3, "µs-p50")
	b.ReportMetric(float64(all[len(all)*99/100].Nanoseconds())/1e3, "µs-p99")
}

// BenchmarkScripts runs the scripts of docs/performance.md over 100,000 rows.
func BenchmarkScripts(b *testing.B) {
	const directory = "../../cmd/performance/scripts"
	input := rows(100_000)
	for _, name := range []string{"summary", "spread", "enrich", "sort", "strings"} {
		b.Run(name, func(b *testing.B) {
			pool := start(b, sandbox.Config{Limits: sandbox.Limits{Time: time.Minute, MemoryBytes: 1 << 30}})
			r := request(readFile(b, filepath.Join(directory, name+".js")), input)
			b.SetBytes(int64(len(input)))
			for b.Loop() {
				if o, err := pool.Execute(b.Context(), r); err != nil || o.Err != nil {
					b.Fatal(err, o.Err)
				}
			}
		})
	}
}

// BenchmarkSpawn measures how long it takes from nothing to the first answer.
func BenchmarkSpawn(b *testing.B) {
	for b.Loop() {
		pool, err := sandbox.New(sandbox.Config{
			Sandboxes: 1, Command: []string{os.Args[0], sandbox.ChildArgument},
			Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- pool.Run(ctx) }()
		if _, err := pool.Execute(ctx, request("function process() {}", "1")); err != nil {
			b.Fatal(err)
		}
		cancel()
		<-done
	}
}

// TestLargeInputFitsTheDefaultLimits runs as many rows as the default memory limit must hold.
func TestLargeInputFitsTheDefaultLimits(t *testing.T) {
	t.Parallel()
	pool := start(t, sandbox.Config{Limits: sandbox.Limits{Time: time.Minute}})
	const n = 20_000
	o := execute(t, pool, summary, rows(n))
	if o.Err != nil {
		t.Fatal(o.Err)
	}
	t.Logf("%d rows in %v", n, o.RunTime)
	await(t, "idle again", func() bool { return pool.Stats().Idle == 1 })
}
