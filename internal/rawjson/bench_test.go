package rawjson_test

import (
	"fmt"
	"strings"
	"testing"

	"peneira/internal/rawjson"
)

func BenchmarkInspect(b *testing.B) {
	row := `{"id":%d,"name":"Banco Central do Brasil S.A.","description":"` + strings.Repeat("a longer text of words ", 6) + `","city":"São Paulo"},`
	bacen := `{"trimestre":"20231","nomeBandeira":"American Express","nomeFuncao":"Crédito","produto":"Intermediário","qtdCartoesEmitidos":%d,"qtdTransacoesNacionais":43984902,"valorTransacoesNacionais":12846611557.78},`
	build := func(row string) []byte {
		var t strings.Builder
		t.WriteByte('[')
		for i := range 4000 {
			fmt.Fprintf(&t, row, i)
		}
		t.WriteString("null]")
		return []byte(t.String())
	}
	for _, c := range []struct {
		name string
		text []byte
	}{
		{"strings", build(row)},
		{"bacen", build(bacen)},
		{"numbers", build("%d,-1.5,12846611557.78,")},
		{"accents", build(`"%d é ã ç õ ação são câmbio informações",`)},
		{"nesting", build(`[[%d,[]],{"a":{}}],`)},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := rawjson.Inspect(c.text, rawjson.MaxDepth); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
