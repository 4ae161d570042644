package rawjson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"peneira/internal/rawjson"
)

// valid and invalid follow the cases of the JSON Parsing Test Suite (y_ and n_).
var (
	valid = []string{
		`0`, `-0`, `-0.0`, `12`, `1.5`, `1e1`, `1E+2`, `1e-2`, `0e+1`, `-1.25e-300`, `1e400`, `12345678901234567890`,
		`true`, `false`, `null`, `""`, `" "`, `"a"`, `[]`, `{}`, " [ ] ", "\t{\n}\r", `[[]   ]`, `[[[]],{}]`, `[1,null,"x"]`,
		`{"":0}`, `{"a":1,"a":2}`, `{"__proto__":{}}`, `{"a" : { "b":[ ] } , "c":[ { } ]}`,
		`"\"\\\/\b\f\n\r\t"`, `"\u0000"`, `"\uD834\uDd1e"`, `"\ud800"`, `"\udc00\ud800"`, `"\ud800\ud800\udc00"`, `"\uFFFF"`,
		"\"\x7f\"", `"é"`, `"日本語"`, `"🂡 and on"`, "\"\U0010ffff\"", "\"\u2028\"", `"aéaéaéaéaéaé"`, `["asdf` + strings.Repeat("é", 30) + `"]`,
		`"/*x*/"`, `"` + strings.Repeat("x", 100) + `"`,
	}
	invalid = []string{
		``, ` `, `-`, `+1`, `01`, `-01`, `1.`, `.5`, `-.5`, `1e`, `1e+`, `1.e1`, `0x1`, `1_0`, `1a`, `--1`, `1 2`, `NaN`, `Infinity`, `-Infinity`,
		`tru`, `True`, `truE`, `nul`, `nulll`, `fals`, `"`, `"a`, `'a'`, `a`, "\"\n\"", "\"\x00\"", "\"\x1f\"", `"\`, `"\"`, `"\a"`, `"\u"`, `"\u00"`,
		`"\u00g0"`, `"\ud800\u"`, `"\ud800\u1"`, `"\x00"`, "\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xe6\x97\"", "\"\xc3\"",
		`[`, `]`, `[1`, `[1,`, `[1,]`, `[,1]`, `[1,,2]`, `[1 2]`, `["a":1]`, `[}`, `[1}`, `{`, `}`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`,
		`{,}`, `{"a"}`, `{"a",1}`, `{"a"::1}`, `{a:1}`, `{1:1}`, `{'a':1}`, `{"a":1 "b":2}`, `{"a":1]`, `{]`, `{"a":1}}`, `[]]`, `[] x`, `{}{}`, `1,`,
		"\ufeff1", "1\x00", "\x0b1", "[\x0c]", "[\u00a01]", "\"a\"\xff", `/* */1`, `1//`, `[1]#`, "é", "\xff",
	}
)

func TestCheckAcceptsJSONAndNothingElse(t *testing.T) {
	t.Parallel()
	for _, text := range valid {
		for _, around := range []string{text, " \n" + text + "\t ", "[" + text + "]", `{"k":` + text + `,"l":[` + text + `]}`} {
			if err := rawjson.Check([]byte(around), rawjson.MaxDepth); err != nil {
				t.Errorf("Check(%q) = %v, want nil", around, err)
			}
		}
	}
	for _, text := range invalid {
		err := rawjson.Check([]byte(text), rawjson.MaxDepth)
		var syntax *rawjson.SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("Check(%q) = %v, want a syntax error", text, err)
			continue
		}
		if errors.Is(err, rawjson.ErrTooDeep) {
			t.Errorf("Check(%q) says that it is too deep", text)
		}
		if syntax.Offset < 0 || syntax.Offset > len(text) || syntax.Message == "" {
			t.Errorf("Check(%q) = %+v", text, syntax)
		}
	}
}

func TestCheckStopsAtEveryCutOfAText(t *testing.T) {
	t.Parallel()
	text := `{"name":"Ação \u00e9 \ud83d\ude00","rows":[{"a":-1.5e+3,"b":true},[null,false]],"é":""}`
	if err := rawjson.Check([]byte(text), rawjson.MaxDepth); err != nil {
		t.Fatal(err)
	}
	for i := range len(text) {
		if rawjson.Check([]byte(text[:i]), rawjson.MaxDepth) == nil {
			t.Errorf("accepted when cut to %q", text[:i])
		}
	}
}

func TestCheckLimitsDepth(t *testing.T) {
	t.Parallel()
	nested := func(open, inner, closing string, depth int) []byte {
		return []byte(strings.Repeat(open, depth) + inner + strings.Repeat(closing, depth))
	}
	for name, c := range map[string]struct {
		text  []byte
		limit int
		ok    bool
	}{
		"scalars have no depth":     {[]byte(`1`), 0, true},
		"an array has depth 1":      {[]byte(`[]`), 0, false},
		"arrays at the limit":       {nested("[", "", "]", 1000), rawjson.MaxDepth, true},
		"arrays beyond the limit":   {nested("[", "", "]", 1001), rawjson.MaxDepth, false},
		"objects at the limit":      {nested(`{"a":`, "1", "}", 1000), rawjson.MaxDepth, true},
		"objects beyond the limit":  {nested(`{"a":`, "1", "}", 1001), rawjson.MaxDepth, false},
		"mixed":                     {nested(`[{"a":`, "1", "}]", 500), rawjson.MaxDepth, true},
		"a larger limit is cut":     {nested("[", "", "]", 1001), 1 << 20, false},
		"never closed":              {nested("[", "", "", 10_000_000), rawjson.MaxDepth, false},
		"wide is not deep":          {[]byte("[" + strings.Repeat("[],", 5000) + "[]]"), 2, true},
		"depth counts what is open": {[]byte(`[[1],[[1]]]`), 2, false},
	} {
		err := rawjson.Check(c.text, c.limit)
		if c.ok != (err == nil) || !c.ok && !errors.Is(err, rawjson.ErrTooDeep) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestErrorsSayWhere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text                 string
		offset, line, column int
		message              string
	}{
		{``, 0, 1, 1, `expected a value but the text ends here`},
		{"{\n  \"é\": 1,\n  \"ã\": x\n}", 21, 3, 8, `expected a value but found "x"`},
		{`["é",]`, 6, 1, 6, `expected a value but found "]"`},
		{`[1}`, 2, 1, 3, `expected "," or "]" but found "}"`},
		{`{"a":1]`, 6, 1, 7, `expected "," or "}" but found "]"`},
		{`{"a" 1}`, 5, 1, 6, `expected ":" after a key but found "1"`},
		{`{"a":1} x`, 8, 1, 9, `expected the end of the text but found "x"`},
		{"\ufeff[]", 0, 1, 1, `expected a value but found a byte order mark (U+FEFF); send the text without it`},
		{"[\xfe]", 1, 1, 2, `expected a value but found the byte 0xFE`},
		{"\"a\tb\"", 2, 1, 3, `a string holds the control character U+0009; write it as \u0009`},
		{"\"ab\xffc\"", 3, 1, 4, `the byte 0xFF is not valid UTF-8 here`},
		{`"abc`, 4, 1, 5, `the text ends within a string; a closing quote is missing`},
		{`[01]`, 1, 1, 2, `a number must not begin with 0 when other digits follow`},
		{`1.x`, 2, 1, 3, `expected a digit after the decimal point but found "x"`},
		{`1e`, 2, 1, 3, `expected a digit in the exponent but the text ends here`},
		{`"\q"`, 1, 1, 2, `a string holds an escape that JSON does not know; write a backslash itself as \\`},
		{`{"a":1,}`, 7, 1, 8, `expected a key in double quotes but found "}"`},
		{`[`, 1, 1, 2, `expected a value or "]" but the text ends here`},
	} {
		err := rawjson.Check([]byte(c.text), rawjson.MaxDepth)
		var got *rawjson.SyntaxError
		if !errors.As(err, &got) {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		if got.Offset != c.offset || got.Line != c.line || got.Column != c.column || got.Message != c.message {
			t.Errorf("%q: got %d %d:%d %q, want %d %d:%d %q", c.text,
				got.Offset, got.Line, got.Column, got.Message, c.offset, c.line, c.column, c.message)
		}
	}
}

type member struct {
	key, raw string
	offset   int
}

func TestObjectGivesMembersInPlace(t *testing.T) {
	t.Parallel()
	text := []byte(` { "scriptId" : "x" , "data":[1, {"a":"}"} ] ,"d\u0061ta": null,"":-1e5} `)
	var got []member
	err := rawjson.Object(text, rawjson.MaxDepth, func(key string, raw []byte, offset int) error {
		if &raw[0] != &text[offset] {
			t.Errorf("the value of %q is a copy", key)
		}
		got = append(got, member{key, string(raw), offset})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []member{{"scriptId", `"x"`, 16}, {"data", `[1, {"a":"}"} ]`, 29}, {"data", `null`, 59}, {"", `-1e5`, 67}}
	if len(got) != len(want) {
		t.Fatalf("got %v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("member %d: got %v, want %v", i, got[i], want[i])
		}
	}
}

func TestObjectRefuses(t *testing.T) {
	t.Parallel()
	ignore := func(string, []byte, int) error { return nil }
	for _, text := range []string{``, `[]`, `1`, `{`, `{"a":1`, `{"a":1,}`, `{"a"}`, `{} x`, `{"a":1} {}`, `{"a":[}`, "{\"\xff\":1}", `{"a":1;}`} {
		var syntax *rawjson.SyntaxError
		if err := rawjson.Object([]byte(text), rawjson.MaxDepth, ignore); !errors.As(err, &syntax) {
			t.Errorf("Object(%q) = %v, want a syntax error", text, err)
		}
	}
	if err := rawjson.Object([]byte(` {} `), 0, ignore); err != nil {
		t.Errorf("an empty object: %v", err)
	}
	deep := `{"a":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`
	if err := rawjson.Object([]byte(deep), rawjson.MaxDepth, ignore); err != nil {
		t.Errorf("a member as deep as allowed: %v", err)
	}
	deep = `{"a":` + strings.Repeat("[", 1001) + strings.Repeat("]", 1001) + `}`
	if err := rawjson.Object([]byte(deep), rawjson.MaxDepth, ignore); !errors.Is(err, rawjson.ErrTooDeep) {
		t.Errorf("a member too deep: %v", err)
	}
	stop := errors.New("stop")
	if err := rawjson.Object([]byte(`{"a":1,"b":x`), 1, func(string, []byte, int) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the error of each was not returned: %v", err)
	}
}

//nolint:paralleltest // testing.AllocsPerRun counts those of the whole process
func TestValidTextIsScannedWithoutAllocation(t *testing.T) {
	text := []byte(`{"a":[1,2.5e3,"é\n\ud800 and a long string with nothing special"],"b":{"c":null}}`)
	if n := testing.AllocsPerRun(100, func() {
		if _, err := rawjson.Inspect(text, rawjson.MaxDepth); err != nil {
			t.Error(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

// FuzzCheck holds Check against encoding/json, which accepts invalid UTF-8 and nests to 10,000.
func FuzzCheck(f *testing.F) {
	for _, text := range append(append([]string{}, valid...), invalid...) {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		err := rawjson.Check(text, rawjson.MaxDepth)
		if errors.Is(err, rawjson.ErrTooDeep) {
			return
		}
		if want := json.Valid(text) && utf8.Valid(text); want != (err == nil) {
			t.Fatalf("Check(%q) = %v, encoding/json says %v", text, err, want)
		}
		if err != nil {
			return
		}
		info, _ := rawjson.Inspect(text, rawjson.MaxDepth)
		copied := rawjson.JSONB(text, info)
		again, err := rawjson.Inspect(copied, rawjson.MaxDepth)
		if err != nil {
			t.Fatalf("JSONB(%q) = %q: %v", text, copied, err)
		}
		if !again.FitsJSONB() {
			t.Fatalf("JSONB(%q) = %q, which does not fit: %+v", text, copied, again)
		}
		if info.FitsJSONB() && !bytes.Equal(copied, text) {
			t.Fatalf("JSONB(%q) = %q, want it unchanged", text, copied)
		}
	})
}
