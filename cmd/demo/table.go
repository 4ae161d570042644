package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// table is a result made of flat rows: an array of objects that hold no arrays or objects.
type table struct {
	columns []string // in the order of the first row that has them
	rows    []map[string]json.RawMessage
}

// maxRows is how many rows are shown; the rest is counted.
const maxRows = 40

// writeResult shows the JSON as a table when it is one, and as indented JSON otherwise.
func writeResult(out io.Writer, ink ink, result []byte) {
	t, ok := readTable(result)
	if !ok {
		fmt.Fprintln(out, indented(result))
		return
	}
	t.write(out, ink)
}

func indented(text []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, bytes.TrimSpace(text), "", "  ") != nil {
		return string(text)
	}
	return b.String()
}

func readTable(result []byte) (table, bool) {
	var rows []json.RawMessage
	if json.Unmarshal(result, &rows) != nil || len(rows) == 0 {
		return table{}, false
	}
	var t table
	known := map[string]bool{}
	for _, row := range rows {
		var cells map[string]json.RawMessage
		if json.Unmarshal(row, &cells) != nil || len(cells) == 0 {
			return table{}, false
		}
		for _, cell := range cells {
			if cell[0] == '{' || cell[0] == '[' {
				return table{}, false
			}
		}
		for _, key := range keysOf(row) {
			if !known[key] {
				known[key] = true
				t.columns = append(t.columns, key)
			}
		}
		t.rows = append(t.rows, cells)
	}
	return t, true
}

// keysOf returns the keys of a flat object in the order in which they stand.
func keysOf(object []byte) []string {
	var keys []string
	decoder := json.NewDecoder(bytes.NewReader(object))
	decoder.UseNumber()
	for i := -1; ; i++ { // the opening brace, then keys and values in turn
		token, err := decoder.Token()
		if err != nil {
			return keys
		}
		if key, ok := token.(string); ok && i%2 == 0 {
			keys = append(keys, key)
		}
	}
}

// column is one column as it is shown.
type column struct {
	header []string // lines
	cells  []string
	right  bool
	width  int // in characters
}

func (t table) write(out io.Writer, ink ink) {
	shown := t.rows[:min(len(t.rows), maxRows)]
	columns := make([]column, len(t.columns))
	headerLines := 0
	for i, name := range t.columns {
		columns[i] = newColumn(name, shown)
		headerLines = max(headerLines, len(columns[i].header))
	}
	rule := func(left, middle, right string) {
		parts := make([]string, len(columns))
		for i, c := range columns {
			parts[i] = strings.Repeat("─", c.width+2)
		}
		fmt.Fprintln(out, ink.dim(left+strings.Join(parts, middle)+right))
	}
	line := func(cell func(column) string, style func(string) string) {
		bar := ink.dim("│")
		for _, c := range columns {
			fmt.Fprint(out, bar, " ", style(c.pad(cell(c))), " ")
		}
		fmt.Fprintln(out, bar)
	}
	plain := func(s string) string { return s }

	rule("┌", "┬", "┐")
	for i := range headerLines {
		line(func(c column) string {
			if blank := headerLines - len(c.header); i >= blank {
				return c.header[i-blank]
			}
			return ""
		}, ink.bold)
	}
	rule("├", "┼", "┤")
	for i := range shown {
		line(func(c column) string { return c.cells[i] }, plain)
	}
	rule("└", "┴", "┘")
	if rest := len(t.rows) - len(shown); rest > 0 {
		fmt.Fprintf(out, "… and %d more rows\n", rest)
	}
}

func newColumn(name string, rows []map[string]json.RawMessage) column {
	c := column{right: true}
	decimals := 0
	for _, row := range rows {
		cell := row[name]
		if _, fraction, ok := number(cell); ok {
			decimals = max(decimals, len(fraction))
		} else if len(cell) > 0 && string(cell) != "null" {
			c.right = false
		}
	}
	for _, row := range rows {
		c.cells = append(c.cells, shownCell(row[name], decimals, c.right))
	}
	for _, cell := range c.cells {
		c.width = max(c.width, utf8.RuneCountInString(cell))
	}
	c.header = wrapCamel(name, c.width)
	for _, l := range c.header {
		c.width = max(c.width, utf8.RuneCountInString(l))
	}
	return c
}

func (c column) pad(text string) string {
	space := strings.Repeat(" ", max(0, c.width-utf8.RuneCountInString(text)))
	if c.right {
		return space + text
	}
	return text + space
}

// number splits a JSON number that is written without an exponent.
func number(cell []byte) (whole, fraction string, ok bool) {
	if len(cell) == 0 || (cell[0] != '-' && (cell[0] < '0' || cell[0] > '9')) || bytes.ContainsAny(cell, "eE") {
		return "", "", false
	}
	whole, fraction, _ = strings.Cut(string(cell), ".")
	return whole, fraction, true
}

// shownCell is a cell as people read it: strings without quotes and without what a terminal would obey, and the
// numbers of a column of numbers with separators and the same number of decimals.
func shownCell(cell []byte, decimals int, numeric bool) string {
	if len(cell) == 0 {
		return ""
	}
	if whole, fraction, ok := number(cell); ok && numeric {
		text := thousands(whole)
		if decimals > 0 {
			text += "." + fraction + strings.Repeat("0", decimals-len(fraction))
		}
		return text
	}
	var text string
	if json.Unmarshal(cell, &text) != nil {
		return string(cell)
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '·'
		}
		return r
	}, text)
}

// thousands puts a comma between each three digits: -1234567 becomes -1,234,567.
func thousands(whole string) string {
	digits, negative := strings.CutPrefix(whole, "-")
	var b strings.Builder
	if negative {
		b.WriteByte('-')
	}
	for i, digit := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	return b.String()
}

// wrapCamel breaks a camelCase name at its capitals into lines of at most width characters, where its words allow.
func wrapCamel(name string, width int) []string {
	var words []string
	start, previous := 0, rune(0)
	for i, r := range name {
		if unicode.IsUpper(r) && unicode.IsLower(previous) || previous == '_' {
			words = append(words, name[start:i])
			start = i
		}
		previous = r
	}
	words = append(words, name[start:])

	lines := words[:1:1]
	for _, word := range words[1:] {
		last := &lines[len(lines)-1]
		if utf8.RuneCountInString(*last)+utf8.RuneCountInString(word) <= width {
			*last += word
			continue
		}
		lines = append(lines, word)
	}
	return lines
}
