package api

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/uuid"

	"peneira/internal/execution"
)

func TestParametersAreCheckedByName(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for path, name := range map[string]string{
		"/api/scripts?page=0":                                               "page",
		"/api/scripts?page=x":                                               "page",
		"/api/scripts?page=1000001":                                         "page",
		"/api/scripts?page=99999999999999999999":                            "page",
		"/api/scripts?size=0":                                               "size",
		"/api/scripts?size=101":                                             "size",
		"/api/scripts?size=1&size=2":                                        "size",
		"/api/scripts?sise=1":                                               "sise",
		"/api/scripts?Page=1":                                               "Page",
		"/api/scripts/x":                                                    "id",
		"/api/scripts/01930f6e7a527c319f0a5b7c2a4d9e10":                     "id",
		"/api/scripts/" + scriptID + "?x=1":                                 "x",
		"/api/executions/x":                                                 "id",
		"/api/executions?scriptId=x":                                        "scriptId",
		"/api/executions?scriptId=01930f6e7a527c319f0a5b7c2a4d9e10":         "scriptId",
		"/api/executions?status=done":                                       "status",
		"/api/executions?status=Completed":                                  "status",
		"/api/executions?from=yesterday":                                    "from",
		"/api/executions?to=2026-01-01T00:00:00+01:00":                      "to",
		"/api/executions?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z": "to",
		"/api/executions?from=2026-01-02T00:00:00Z&to=2026-01-02T00:00:00Z": "to",
		"/api/executions?cursor=x":                                          "cursor",
		"/api/executions?cursor=AAAAAAAAAAAAAAAAAAAAAA":                     "cursor",
		"/api/executions?include=logs":                                      "include",
		"/api/executions?include=input&include=output":                      "include",
		"/api/executions?page=1":                                            "page",
		"/api/executions/by-script/x":                                       "scriptId",
		"/api/executions/by-script/" + scriptID + "?scriptId=x":             "scriptId",
	} {
		p := b.send(t, http.MethodGet, path, nil).problem(t, 400, "invalid-parameter")
		if got := (*p.Errors)[0].Path; got != name {
			t.Errorf("%s: the error is at %q", path, got)
		}
	}
}

func TestPagesOfExecutionsAreLinked(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for range 3 {
		b.fake.list = append(b.fake.list, execution.Execution{ID: uuid.Must(uuid.NewV7()), Status: execution.Pending, CreatedAt: time.Now()})
	}
	get := func(query string) answer { return b.send(t, http.MethodGet, "/api/executions?"+query, nil) }
	query := "from=2026-01-01T00%3A00%3A00%2B01%3A00&size=2"
	a := get(query)
	want := "</api/executions?cursor=" + writeCursor(b.fake.list[1].ID) + "&" + query + `>; rel="next"`
	if a.StatusCode != http.StatusOK || a.Header.Get("Link") != want {
		t.Errorf("%d %s, want %s", a.StatusCode, a.Header.Get("Link"), want)
	}
	if a := get("size=3"); a.Header.Get("Link") != "" || a.StatusCode != http.StatusOK {
		t.Errorf("the last page has a link: %s", a.Header.Get("Link"))
	}
	b.fake.list = nil
	if a := get("include=input,output"); string(a.body) != "[]" || a.Header.Get("Content-Type") != "application/json" {
		t.Errorf("nothing: %s", a.body)
	}
	if a := get(""); string(a.body) != "[]" {
		t.Errorf("nothing: %s", a.body)
	}
}

func TestCursorsComeBack(t *testing.T) {
	t.Parallel()
	id := uuid.Must(uuid.NewV7())
	got, err := readCursor(writeCursor(id))
	if err != nil || got != id || url.QueryEscape(writeCursor(id)) != writeCursor(id) {
		t.Errorf("%v %v, want %v", got, err, id)
	}
	if _, err := readCursor(writeCursor(uuid.New())); err == nil {
		t.Error("a cursor of a random id was accepted")
	}
}

func TestPageLinks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		page, size, total int
		want              string
	}{
		{1, 10, 0, `</api/scripts?page=1&size=10>; rel="first", </api/scripts?page=1&size=10>; rel="last"`},
		{1, 10, 11, `</api/scripts?page=1&size=10>; rel="first", </api/scripts?page=2&size=10>; rel="next", </api/scripts?page=2&size=10>; rel="last"`},
		{2, 10, 20, `</api/scripts?page=1&size=10>; rel="first", </api/scripts?page=1&size=10>; rel="prev", </api/scripts?page=2&size=10>; rel="last"`},
		{9, 10, 20, `</api/scripts?page=1&size=10>; rel="first", </api/scripts?page=2&size=10>; rel="prev", </api/scripts?page=2&size=10>; rel="last"`},
	} {
		if got := pageLinks("/api/scripts", c.page, c.size, c.total); got != c.want {
			t.Errorf("page %d of %d: %s", c.page, c.total, got)
		}
	}
}
