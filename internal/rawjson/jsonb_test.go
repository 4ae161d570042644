package rawjson_test

import (
	"strings"
	"testing"

	"peneira/internal/rawjson"
)

func TestJSONBChangesOnlyWhatJSONBRefuses(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("7", 16384)
	for _, c := range []struct{ text, want string }{
		{`{"a":[1,"x\n\\u0000",1e308,-4.9e-324,12345678901234567890]}`, ""},
		{`"\ud83d\ude00 \uD83D\uDE00 \\ud800"`, ""},
		{`"\u0000"`, `"\ufffd"`},
		{`{"a\u0000b":"\u0000\u0000"}`, `{"a\ufffdb":"\ufffd\ufffd"}`},
		{`["\\\u0000","\"\u0000"]`, `["\\\ufffd","\"\ufffd"]`},
		{`"\ud800"`, `"\ufffd"`},
		{`"\udc00\ud800"`, `"\ufffd\ufffd"`},
		{`"\ud800\ud800\udc00x"`, `"\ufffd\ud800\udc00x"`},
		{`"\ud800\u0041\ud800\n"`, `"\ufffd\u0041\ufffd\n"`},
		{`[1e400, -1E+400 ,1e-400]`, `[1e400, -1E+400 ,1e-400]`},
		{`[1e500, -1E+500 ,1e-500]`, `["1e500", "-1E+500" ,"1e-500"]`},
		{`1e131071`, `"1e131071"`},
		{`{"a":1e99999999999999999999}`, `{"a":"1e99999999999999999999"}`},
		{`0.` + long, `"0.` + long + `"`},
		{long, ""},
		{strings.Repeat(long, 8), ""},
		{strings.Repeat(long, 8) + "1", `"` + strings.Repeat(long, 8) + `1"`},
		{`"1e500"`, ""},
		{`["1e500\u0000",2]`, `["1e500\ufffd",2]`},
	} {
		info, err := rawjson.Inspect([]byte(c.text), rawjson.MaxDepth)
		if err != nil {
			t.Errorf("%.60s: %v", c.text, err)
			continue
		}
		want := c.want
		if want == "" {
			want = c.text
		}
		if info.FitsJSONB() != (want == c.text) {
			t.Errorf("%.60s: %+v", c.text, info)
		}
		if got := string(rawjson.JSONB([]byte(c.text), info)); got != want {
			t.Errorf("%.60s: got %.60s, want %.60s", c.text, got, want)
		}
	}
}

func TestJSONBBoundsWhatExponentsAdd(t *testing.T) {
	t.Parallel()
	const numbers = 100_000 // 304 more bytes each: 30 MB together
	text := []byte("[" + strings.Repeat("1e308,", numbers-1) + "1e308]")
	info, err := rawjson.Inspect(text, rawjson.MaxDepth)
	if err != nil {
		t.Fatal(err)
	}
	if info.FitsJSONB() || info.LargeNumbers || info.ExtraBytes != numbers*304 {
		t.Errorf("%+v", info)
	}
	kept := (16 << 20) / 304
	want := "[" + strings.Repeat("1e308,", kept) + strings.Repeat(`"1e308",`, numbers-kept-1) + `"1e308"]`
	if got := rawjson.JSONB(text, info); string(got) != want {
		t.Errorf("%d strings, want %d", strings.Count(string(got), `"`)/2, numbers-kept)
	}
}

func TestInspectCountsValues(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{`1`: 0, `[]`: 1, `[1,2,3]`: 3, `{"a":[1,2],"b":{}}`: 5} {
		if info, err := rawjson.Inspect([]byte(text), rawjson.MaxDepth); err != nil || info.Values != want {
			t.Errorf("%s: %d (%v), want %d", text, info.Values, err, want)
		}
	}
}
