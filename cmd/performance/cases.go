package main

import (
	"embed"
	"fmt"
	"strings"
)

// scripts are the scripts that are measured, and the two that have Node run them.
//
//go:embed scripts/*.js warm.js cold.js
var scripts embed.FS

// measured is one script over one input.
type measured struct {
	name   string
	script string // its file in scripts
	input  []byte
	times  int     // how often it is run
	goal   float64 // the most that the median may be, as a multiple of Node's warm one; 0: no goal
}

const (
	few, some, many = 6, 1000, 100_000
)

// cases returns what is measured.
func cases() []measured {
	large := rows(many)
	return []measured{
		{"filter, group, sum: 6 rows", "summary.js", rows(few), 500, 0},
		{"filter, group, sum: 1,000 rows", "summary.js", rows(some), 100, 1},
		{"filter, group, sum: 100,000 rows", "summary.js", large, 5, 1},
		{"rewrite with spread: 100,000 rows", "spread.js", large, 5, 2},
		{"enrich in place: 100,000 rows", "enrich.js", large, 5, 2},
		{"sort: 100,000 rows", "sort.js", large, 5, 2},
		{"strings and regular expressions: 100,000 rows", "strings.js", large, 5, 2},
		{"nested object: 1 MB", "nested.js", nested(), 15, 2},
	}
}

// rows returns n rows of the shape of the central bank's card statistics.
func rows(n int) []byte {
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
	return []byte(b.String())
}

// nested returns an object of about one megabyte, nested eight levels deep.
func nested() []byte {
	var b strings.Builder
	var node func(level, number int)
	node = func(level, number int) {
		fmt.Fprintf(&b, `{"name":"node %d of level %d","value":%d,"tags":["a","b"],"children":[`, number, level, number)
		for i := range 4 {
			if level == 0 {
				break
			}
			if i > 0 {
				b.WriteByte(',')
			}
			node(level-1, 4*number+i)
		}
		b.WriteString("]}")
	}
	const levels = 7
	b.WriteByte('{')
	b.WriteString(`"value":0,"children":[`)
	node(levels-1, 1)
	for i := range 2 {
		b.WriteByte(',')
		node(levels-1, 2+i)
	}
	b.WriteString("]}")
	return []byte(b.String())
}
