package app_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"peneira/internal/api/openapi"
	"peneira/internal/app/apptest"
	"peneira/internal/config"
)

const echo = `function process(data) { return data }`

// Every one of these inputs is stored, run and given back; none is lost or stuck, and each leaves a JSONB copy.
func TestDataIsCarriedAsSent(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t)
	c := apptest.NewClient(t, service.URL)
	script := c.Host(t, echo)
	for name, test := range map[string]struct {
		data, output string // no output: the same as the data
		copied       string // what the column of type JSONB shows
	}{
		"null":                     {`null`, ``, `null`},
		"true":                     {`true`, ``, `true`},
		"a number":                 {`-0.5`, ``, `-0.5`},
		"a string":                 {`"é \ud83d\ude00"`, `"é 😀"`, `"é 😀"`},
		"nothing in it":            {`{}`, ``, `{}`},
		"order of keys":            {`{"zz":1,"a":2,"m":3}`, ``, `{"a": 2, "m": 3, "zz": 1}`},
		"keys that repeat":         {`{"a":1,"b":2,"a":3}`, `{"a":3,"b":2}`, `{"a": 3, "b": 2}`},
		"keys of prototypes":       {`{"__proto__":{"x":1},"constructor":2}`, ``, `{"__proto__": {"x": 1}, "constructor": 2}`},
		"the null character":       {`{"a\u0000":"\u0000"}`, ``, "{\"a\ufffd\": \"\ufffd\"}"},
		"half a surrogate pair":    {`["\ud800","\udc00x"]`, ``, "[\"\ufffd\", \"\ufffdx\"]"},
		"a number out of range":    {`[1e400]`, `[null]`, `[1` + strings.Repeat("0", 400) + `]`},
		"a number that explodes":   {`[1e131071]`, `[null]`, `["1e131071"]`},
		"a number beyond 53 bits":  {`[12345678901234567890]`, `[12345678901234567000]`, `[12345678901234567890]`},
		"white space":              {"[ 1,\n\t2 ]", `[1,2]`, `[1, 2]`},
		"nested as deep as can be": {strings.Repeat("[", 1000) + strings.Repeat("]", 1000), ``, strings.Repeat("[", 1000) + strings.Repeat("]", 1000)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := c.Run(t, script, test.data)
			want := test.output
			if want == "" {
				want = test.data
			}
			if got.Status != openapi.Completed {
				t.Fatalf("%s: %+v", got.Status, got.Error)
			}
			if apptest.JSON(got.InputData) != test.data || apptest.JSON(got.OutputData) != want {
				t.Errorf("input %.100s, output %.100s, want %.100s", apptest.JSON(got.InputData), apptest.JSON(got.OutputData), want)
			}
			var copied string
			if err := service.Pool.QueryRow(t.Context(), `SELECT input_data::text FROM executions WHERE id = $1`, got.ID).Scan(&copied); err != nil {
				t.Fatal(err)
			}
			if copied != test.copied {
				t.Errorf("the copy is %.100s, want %.100s", copied, test.copied)
			}
		})
	}
}

func TestDataAtTheLimit(t *testing.T) {
	t.Parallel()
	const limit = 32 << 20
	service := apptest.Start(t)
	c := apptest.NewClient(t, service.URL)
	script := c.Host(t, `function process(data) { return data.length }`)
	text := strings.Repeat("x", limit-2)
	if got := c.Run(t, script, `"`+text+`"`); got.Status != openapi.Completed || apptest.JSON(got.OutputData) != "33554430" {
		t.Errorf("%s %+v", got.Status, got.Error)
	}
	c.Do(t, http.MethodPost, "/api/executions", `{"scriptId":"`+script+`","data":"`+text+`x"}`).
		Problem(t, http.StatusRequestEntityTooLarge, "input-too-large")
	p := c.Do(t, http.MethodPost, "/api/executions", `{"scriptId":"`+script+`","data":"`+text+`"]`).
		Problem(t, http.StatusBadRequest, "malformed-json")
	if column := (*p.Errors)[0].Column; *column != len(`{"scriptId":"","data":""`)+len(script)+len(text)+1 {
		t.Errorf("the last byte is said to be in column %d", *column)
	}
}

func TestScriptsThatAreRefused(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t)
	c := apptest.NewClient(t, service.URL)
	for name, test := range map[string]struct{ content, code, message string }{
		"empty":                  {``, "invalid-script", "must not be empty"},
		"more than 1 MiB":        {echo + strings.Repeat(" ", 1<<20), "invalid-script", "1 MiB"},
		"malformed":              {`function process(data) {\n  return data +;\n}`, "script-does-not-load", "SyntaxError"},
		"throws at load":         {`throw new RangeError('at load')`, "script-does-not-load", "RangeError: at load"},
		"loops at load":          {`while (true) {}`, "script-does-not-load", "time"},
		"defines no process":     {`let x = 1`, "script-does-not-load", "process"},
		"process is no function": {`const process = 1`, "script-does-not-load", "process"},
		"declares process twice": {`const process = d => d; const process = d => d`, "script-does-not-load", "process"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := c.Do(t, http.MethodPost, "/api/scripts", `{"name":"n","content":"`+test.content+`"}`).
				Problem(t, http.StatusBadRequest, test.code)
			if f := (*p.Errors)[0]; f.Path != "content" || !strings.Contains(f.Message, test.message) {
				t.Errorf("%+v", f)
			}
		})
	}
}

func TestScriptsThatAreTaken(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t)
	c := apptest.NewClient(t, service.URL)
	for name, source := range map[string]string{
		"1 MiB":                  echo + strings.Repeat(" ", 1<<20-len(echo)),
		"the last process wins":  `function process(d) { return 1 }` + echo,
		"words that look unsafe": `function process(dados) { const eval_ = "require('fs')"; return dados.map(x => x) }`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := c.Run(t, c.Host(t, source), `[7]`); got.Status != openapi.Completed || apptest.JSON(got.OutputData) != "[7]" {
				t.Errorf("%s %+v", got.Status, got.Error)
			}
		})
	}
}

func TestADeletedScriptRunsNoMore(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t)
	c := apptest.NewClient(t, service.URL)
	script := c.Host(t, echo)
	accepted := c.Accept(t, script, "1")
	if a := c.Do(t, http.MethodDelete, "/api/scripts/"+script, ""); a.Status != http.StatusNoContent {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	c.Do(t, http.MethodPost, "/api/executions", `{"scriptId":"`+script+`","data":1}`).Problem(t, http.StatusNotFound, "script-not-found")
	if got := c.Wait(t, accepted); got.Status != openapi.Completed || apptest.JSON(got.OutputData) != "1" {
		t.Errorf("what was accepted before ended as %s %+v", got.Status, got.Error)
	}
}

func TestChangesAtOnceAllBecomeVersions(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t)
	c := apptest.NewClient(t, service.URL)
	script := c.Host(t, echo)
	const changes = 8
	numbers := make([]int, changes)
	var group sync.WaitGroup
	for i := range changes {
		group.Go(func() {
			var changed openapi.Script
			c.Do(t, http.MethodPut, "/api/scripts/"+script, `{"name":"n","content":"const process = d => d"}`).Decode(t, &changed)
			numbers[i] = changed.Version
		})
	}
	group.Wait()
	seen := map[int]bool{}
	for _, n := range numbers {
		seen[n] = true
	}
	for n := 2; n <= changes+1; n++ {
		if !seen[n] {
			t.Errorf("version %d is lost: %v", n, numbers)
		}
	}
}

// A script that loops is ended in time, and its neighbours do not notice.
func TestALoopFailsAlone(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t, func(cfg *config.Config) { cfg.Sandboxes = 2 })
	c := apptest.NewClient(t, service.URL)
	loop := c.Accept(t, c.Host(t, `function process() { while (true) {} }`), "1")
	neighbour := c.Host(t, echo)
	for range 20 {
		if got := c.Run(t, neighbour, "1"); got.Status != openapi.Completed {
			t.Errorf("a neighbour ended as %s %+v", got.Status, got.Error)
		}
	}
	if got := c.Wait(t, loop); got.Status != openapi.Failed || got.Error == nil || got.Error.Kind != openapi.TimeLimit {
		t.Errorf("%s %+v", got.Status, got.Error)
	}
}
