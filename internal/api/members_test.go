package api

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"peneira/internal/execution"
)

func TestWrongMembersAreNamed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := `"scriptId":"` + scriptID + `"`
	for text, want := range map[string]string{
		`{}`:                                          `scriptId is missing; data is missing`,
		`{"data":1}`:                                  `scriptId is missing`,
		`{` + id + `}`:                                `data is missing`,
		`{"scriptId":1,"data":1}`:                     `scriptId must be a string that holds a UUID`,
		`{"scriptId":null,"data":1}`:                  `scriptId must be a string that holds a UUID`,
		`{"scriptId":"x","data":1}`:                   `scriptId must be a string that holds a UUID`,
		`{` + id + `,"data":1,"data":2}`:              `data is given twice`,
		`{` + id + `,"data":1,"d\u0061ta":2}`:         `data is given twice`,
		`{` + id + `,"data":1,"inputData":2}`:         `inputData is not known here; known are "scriptId", "data" and "version"`,
		`{` + id + `,"Data":1}`:                       `Data is not known here; known are "scriptId", "data" and "version"; data is missing`,
		`{` + id + `,"data":1,"version":0}`:           `version must be a whole number from 1 or null`,
		`{` + id + `,"data":1,"version":1.5}`:         `version must be a whole number from 1 or null`,
		`{` + id + `,"data":1,"version":"1"}`:         `version must be a whole number from 1 or null`,
		`{` + id + `,"data":1,"version":99999999999}`: `version must be a whole number from 1 or null`,
		`{"scriptId":"{01930f6e-7a52-7c31-9f0a-5b7c2a4d9e1}","data":1}`: `scriptId must be a string that holds a UUID`,
	} {
		p := b.send(t, http.MethodPost, "/api/executions", strings.NewReader(text)).problem(t, 400, "invalid-request")
		var got []string
		if p.Errors != nil {
			for _, e := range *p.Errors {
				got = append(got, e.Path+" "+e.Message)
			}
		}
		if strings.Join(got, "; ") != want {
			t.Errorf("%s: %v, want %s", text, got, want)
		}
	}
	many := `{` + strings.Repeat(`"`+strings.Repeat("k", 500)+`":1,`, 1000) + `"data":1}`
	p := b.send(t, http.MethodPost, "/api/executions", strings.NewReader(many)).problem(t, 400, "invalid-request")
	if len(*p.Errors) != maxFields || len((*p.Errors)[0].Path) > 100 {
		t.Errorf("%d errors, the first for %q", len(*p.Errors), (*p.Errors)[0].Path)
	}
}

func TestMalformedJSONIsLocated(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.send(t, http.MethodPost, "/api/executions", strings.NewReader("{\n \"data\": [1,\n  é]}")).problem(t, 400, "malformed-json")
	field := (*p.Errors)[0]
	if *field.Line != 3 || *field.Column != 3 || !strings.Contains(p.Detail, "line 3, column 3 (byte 17)") {
		t.Errorf("%+v %d:%d", p, *field.Line, *field.Column)
	}
	deep := body(strings.Repeat("[", 1001) + strings.Repeat("]", 1001))
	b.send(t, http.MethodPost, "/api/executions", strings.NewReader(deep)).problem(t, 400, "nested-too-deep")
	for _, text := range []string{`[]`, `"x"`, `{"data":1} {}`, "{\"data\":\"\xff\"}", body("1") + "x", `{"data":1`} {
		b.send(t, http.MethodPost, "/api/executions", strings.NewReader(text)).problem(t, 400, "malformed-json")
	}
}

func TestScriptsAreReadStrictly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	post := func(text string) answer { return b.send(t, http.MethodPost, "/api/scripts", strings.NewReader(text)) }
	if a := post(`{"name":"n","content":"<a> & \"ç\" \ud83d\ude00","description":null}`); a.StatusCode != http.StatusCreated ||
		b.fake.created.Content != `<a> & "ç" 😀` || !strings.Contains(string(a.body), `"<a> & \"ç\" 😀"`) {
		t.Errorf("%d %s %+v", a.StatusCode, a.body, b.fake.created)
	}
	post(`{"name":"n","content":"\ud800"}`).problem(t, 400, "invalid-request")
	post(`{"name":"n","content":"\u0000"}`).problem(t, 400, "invalid-script")
	post(`{"name":"","content":""}`).problem(t, 400, "invalid-script")
	post(`{"name":null,"content":"x"}`).problem(t, 400, "invalid-request")
	post(`{"name":"n","content":["x"]}`).problem(t, 400, "invalid-request")
	post(`{"name":"n","content":"`+strings.Repeat("x", 1<<20+1)+`"}`).problem(t, 400, "invalid-script")
	if a := post(`{"name":"n","content":"` + strings.Repeat(`\u0061`, 1<<20) + `"}`); a.StatusCode != http.StatusCreated {
		t.Errorf("1 MiB of escapes: %d %.200s", a.StatusCode, a.body)
	}
	post(strings.Repeat(" ", scriptBodyBytes+1)).problem(t, 413, "body-too-large")
}

func TestScriptsThatDoNotLoadAreLocated(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const draft = `{"name":"n","content":"a\nb\n  let x"}`
	b.fake.check = func() error {
		return &execution.Error{Kind: execution.ScriptError, Name: "SyntaxError", Message: "Unexpected token", Line: 3, Column: 7}
	}
	p := b.send(t, http.MethodPost, "/api/scripts", strings.NewReader(draft)).problem(t, 400, "script-does-not-load")
	if f := (*p.Errors)[0]; f.Path != "content" || *f.Line != 3 || *f.Column != 7 || f.Message != "SyntaxError: Unexpected token" ||
		*f.Excerpt != "  let x\n      ^" {
		t.Errorf("%+v", f)
	}
	b.fake.check = func() error { return &execution.Error{Kind: execution.TimeLimit, Message: "took longer than 5 s"} }
	p = b.send(t, http.MethodPost, "/api/scripts", strings.NewReader(draft)).problem(t, 400, "script-does-not-load")
	if f := (*p.Errors)[0]; f.Line != nil || f.Excerpt != nil || f.Message != "took longer than 5 s" {
		t.Errorf("%+v", f)
	}
	for _, ours := range []error{errors.New("secret"), &execution.Error{Kind: execution.Internal, Message: "secret"}} {
		b.fake.check = func() error { return ours }
		if a := b.send(t, http.MethodPost, "/api/scripts", strings.NewReader(draft)); strings.Contains(string(a.body), "secret") {
			t.Errorf("%s", a.body)
		} else {
			a.problem(t, 500, "internal")
		}
	}
}
