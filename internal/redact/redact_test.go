package redact

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"testing"

	"peneira/internal/execution"
)

func paths(t testing.TB, texts ...string) Paths {
	t.Helper()
	p, at, err := Parse(texts)
	if err != nil {
		t.Fatalf("path %d %v", at, err)
	}
	return p
}

func TestPathsThatAreWrongAreToldWhy(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                              "begin with $",
		"cpf":                           "begin with $",
		"$cpf":                          "go on with . or [",
		"$.":                            "name or *",
		"$..":                           "name or *",
		"$.a b":                         "go on with",
		"$[":                            "within brackets",
		"$[x]":                          "whole number",
		"$[-1]":                         "whole number",
		"$['a":                          "within quotes",
		"$['a'":                         "]",
		`$['a\`:                         "within quotes",
		"$[?(@.a)]":                     "whole number",
		"$.a\x00":                       "U+0000",
		"$.\xff":                        "UTF-8",
		"$..a..b.c..d[0]..e":            "at most 3 times",
		"$." + strings.Repeat("x", 200): "200 bytes",
	} {
		if _, _, err := Parse([]string{"$.fine", text}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, at, err := Parse(make([]string, MaxPaths+1)); err == nil || at != MaxPaths {
		t.Errorf("too many paths: %d %v", at, err)
	}
	if _, at, _ := Parse([]string{"$.fine", "wrong"}); at != 1 {
		t.Errorf("the wrong one is %d", at)
	}
}

func TestPayloadIsMaskedWhereAPathLeads(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ paths, data, want string }{
		{"$.cpf", ` { "cpf" : "123" , "x": [1, 2.50] } `, ` { "cpf" : "•••" , "x": [1, 2.50] } `},
		{"$.cpf", `[{"cpf":"123"}]`, `[{"cpf":"123"}]`},
		{"$[*].cpf", `[{"cpf":"1"},{"cpf":{"n":[2]}},3,null]`, `[{"cpf":"•••"},{"cpf":"•••"},3,null]`},
		{"$.*.cpf", `{"a":{"cpf":1},"b":[{"cpf":2}],"cpf":3}`, `{"a":{"cpf":"•••"},"b":[{"cpf":2}],"cpf":3}`},
		{"$..cpf", `{"a":{"cpf":1},"b":[{"cpf":2,"c":{"cpf":{"cpf":4}}}],"cpf":3}`, `{"a":{"cpf":"•••"},"b":[{"cpf":"•••","c":{"cpf":"•••"}}],"cpf":"•••"}`},
		{"$..a.b", `{"a":{"b":1,"a":{"b":2}},"b":3}`, `{"a":{"b":"•••","a":{"b":"•••"}},"b":3}`},
		{"$..[0]", `[[1,2],{"x":[3,4]}]`, `["•••",{"x":["•••",4]}]`},
		{"$[1]", `[1,2,3]`, `[1,"•••",3]`},
		{"$[1]", `{"1":1}`, `{"1":1}`},
		{"$['a b']['\\'']", `{"a b":{"'":true}}`, `{"a b":{"'":"•••"}}`},
		{`$["é"]`, `{"\u00e9":1,"é":2,"e":3}`, `{"\u00e9":"•••","é":"•••","e":3}`},
		{"$", `{"a":1}`, `"•••"`},
		{"$", ` 1 `, ` "•••" `},
		{"$.a", `{"a":1,"a":2,"A":3}`, `{"a":"•••","a":"•••","A":3}`},
		{"$.__proto__", `{"__proto__":{"x":1}}`, `{"__proto__":"•••"}`},
		{"$.a|$.b.c", `{"a":"\"}","b":{"c":"]\\","d":"{"}}`, `{"a":"•••","b":{"c":"•••","d":"{"}}`},
		{"$.a", `{}`, `{}`},
		{"$[*]", `[]`, `[]`},
		{"$.a", `not JSON`, `"•••"`},
		{"$.a", `{"a":1`, `"•••"`},
		{"$.a", ``, ``},
	} {
		if got := string(paths(t, strings.Split(c.paths, "|")...).Payload([]byte(c.data))); got != c.want {
			t.Errorf("%s of %s:\n%s, want\n%s", c.paths, c.data, got, c.want)
		}
	}
	deep := strings.Repeat(`{"a":[`, 400) + `{"cpf":1}` + strings.Repeat(`]}`, 400)
	if got := string(paths(t, "$..cpf").Payload([]byte(deep))); got != strings.Replace(deep, "1", `"•••"`, 1) {
		t.Error("a value that is nested deep is not masked")
	}
}

// Paths are stored for as long as their scripts are, so that these were stored before there was a limit on deep steps.
func stored(t *testing.T, text string, times int) Paths {
	t.Helper()
	p, err := Stored(slices.Repeat([]string{text}, times))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestDeepStepsDoNotMultiply(t *testing.T) {
	t.Parallel()
	nested := strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200)
	p := stored(t, "$"+strings.Repeat("..a", 66), 1)
	most := 0
	count := func(w *walker) { most = max(most, len(w.states)) }
	w := walker{paths: p.paths, data: []byte(nested), states: []state{{}}, work: maxWork}
	w.found = func(int, int) { count(&w) }
	w.value(0, 0)
	if most == 0 || most > 201*67 {
		t.Errorf("%d states, want at most one for each step and level", most)
	}
	if got := string(p.Payload([]byte(nested))); got != strings.Repeat(`{"a":`, 66)+maskJSON+strings.Repeat("}", 66) {
		t.Errorf("masked: %s", got)
	}
}

func TestAPayloadThatTakesTooMuchWorkIsMaskedWhole(t *testing.T) {
	t.Parallel()
	p := stored(t, "$.."+strings.TrimSuffix(strings.Repeat("a.", 98), "."), 50)
	row := strings.Repeat(`{"a":`, 97) + "[" + strings.Repeat("0,", 10_000) + `"secret"]` + strings.Repeat("}", 97)
	data := []byte("[" + strings.Repeat(row+",", 10) + row + "]")
	if got := string(p.Payload(data)); got != maskJSON {
		t.Errorf("%d bytes are shown", len(got))
	}
	got := p.Outcome(data, execution.Outcome{Logs: []execution.LogEntry{{Message: "harmless"}}})
	if got.Logs[0].Message != Mask {
		t.Errorf("%q", got.Logs[0].Message)
	}
}

func TestTextsAreMaskedWhereValuesOccur(t *testing.T) {
	t.Parallel()
	const input = `{"cpf":"529.982.247-25","age":42,"pay":1234.50,"big":1e21,"small":1e-7,"name":"O'Neil \"Z\"\nJr",
		"note":"a long note that says what nobody is to know","secret":{"deep":["Zürich"],"key":"k9"},"yes":true,"blank":"  ","open":"visible"}`
	p := paths(t, "$.cpf", "$.age", "$.pay", "$.big", "$.small", "$.name", "$.note", "$.secret", "$.yes", "$.blank")
	for _, c := range []struct{ text, want string }{
		{"cpf 529.982.247-25 is bad", "cpf ••• is bad"},
		{"x529.982.247-25x529.982.247-25", "x•••x•••"},
		{"age 42, not 142 or 42a or 4 2", "age •••, not 142 or 42a or 4 2"},
		{"42", "•••"},
		{"1234.5 and 1234.50", "••• and •••"},
		{"1e+21 1e-7", "••• •••"},
		{`{ name: 'O\'Neil "Z"\nJr' }`, `{ name: '•••' }`},
		{"{ name: `O'Neil \"Z\"\\nJr` }", "{ name: `•••` }"},
		{`{"name":"O'Neil \"Z\"\nJr"}`, `{"name":"•••"}`},
		{"O'Neil \"Z\"\nJr", "•••"},
		{"a long note that says what nobody is to know.", "•••."},
		{"a long note that say…", "•••…"},
		{"a lon…", "•••…"},
		{"a l…", "a l…"},
		{"a long note that was not this one", "•••was not this one"}, // what it has in common with the value
		{"in Zürich, k9 or k99", "in •••, ••• or k99"},
		{"visible true   ", "visible true   "},
		{"", ""},
	} {
		got := p.Outcome([]byte(input), execution.Outcome{
			Logs: []execution.LogEntry{{Level: "log", Message: c.text}, {Level: "system", Message: c.text}},
			Err:  &execution.Error{Name: c.text, Message: c.text, Stack: c.text, Line: 42},
		})
		if got.Logs[0].Message != c.want || got.Err.Message != c.want || got.Err.Name != c.want || got.Err.Stack != c.want {
			t.Errorf("%q: %q, want %q", c.text, got.Logs[0].Message, c.want)
		}
		if got.Logs[1].Message != c.text || got.Err.Line != 42 {
			t.Errorf("what is ours was changed: %+v", got)
		}
	}
}

func TestOutputsValuesAreMaskedInLogsAndNotInTheOutput(t *testing.T) {
	t.Parallel()
	out := `{"token":"abcdef"}`
	got := paths(t, "$.token").Outcome([]byte(`1`), execution.Outcome{
		Output: []byte(out), Logs: []execution.LogEntry{{Message: "made abcdef"}},
	})
	if got.Logs[0].Message != "made •••" || string(got.Output) != out {
		t.Errorf("%+v", got)
	}
}

func TestTooManyValuesMaskTextsWhole(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("[0")
	for i := range maxValues + 1 {
		b.WriteString("," + strconv.Itoa(i))
	}
	b.WriteString("]")
	got := paths(t, "$[*]").Outcome([]byte(b.String()), execution.Outcome{Logs: []execution.LogEntry{{Message: "harmless"}}})
	if got.Logs[0].Message != Mask {
		t.Errorf("%q", got.Logs[0].Message)
	}
}

func TestNoPathsChangeNothing(t *testing.T) {
	t.Parallel()
	data := []byte(`{"a":1}`)
	if got := (Paths{}).Payload(data); &got[0] != &data[0] {
		t.Error("the payload was copied")
	}
	o := execution.Outcome{Logs: []execution.LogEntry{{Message: "m"}}}
	if got := (Paths{}).Outcome(data, o); &got.Logs[0] != &o.Logs[0] {
		t.Error("the logs were copied")
	}
}

// Whatever a payload is, no value that a path leads to is left in what is shown, and the rest is still JSON.
func FuzzPayload(f *testing.F) {
	for _, seed := range []string{`{"cpf":"1","a":[{"cpf":{"x":2}}]}`, `[]`, `"x"`, `{"\u0063pf":1}`, `{"a":{"cpf":[1,"]"]}} `, `{`} {
		f.Add([]byte(seed))
	}
	p := paths(f, "$..cpf", "$.a[*]", "$[1]")
	f.Fuzz(func(t *testing.T, data []byte) {
		masked := p.Payload(data)
		if len(data) == 0 {
			return
		}
		if again := p.Payload(masked); !bytes.Equal(again, masked) {
			t.Errorf("masked twice:\n%s\n%s", masked, again)
		}
		if err := p.walk(masked, func(from, to int) {
			if string(masked[from:to]) != maskJSON {
				t.Errorf("left: %s", masked[from:to])
			}
		}); err != nil {
			t.Errorf("%s: %v", masked, err)
		}
	})
}
