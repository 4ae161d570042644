package app_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"peneira/internal/api/openapi"
	"peneira/internal/app/apptest"
	"peneira/internal/config"
)

const double = `function process(data) { console.warn("doubling", data); return data.map(x => 2 * x); }`

// TestContract drives every operation of openapi.yaml to every status that it documents. The client holds each answer
// against the document; the last step fails on whatever is documented and was not seen.
//
//nolint:tparallel // the steps are one story: the last ones take the database away
func TestContract(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t, func(cfg *config.Config) { cfg.InputLimit = 1 << 20 })
	c := contract{Client: apptest.NewClient(t, service.URL)}
	c.script = c.Host(t, double)

	t.Run("scripts", c.scripts)
	t.Run("pages of scripts", c.pagesOfScripts)
	t.Run("versions", c.versions)
	t.Run("executions", c.executions)
	t.Run("waiting", c.waiting)
	t.Run("cancel and rerun", c.cancelAndRerun)
	t.Run("idempotency keys", func(t *testing.T) { c.idempotency(t, service.Pool) })
	t.Run("payloads that were removed", func(t *testing.T) { c.removed(t, service.Pool) })
	t.Run("lists of executions", c.lists)
	t.Run("refusals", c.refusals)
	t.Run("backups", c.backups)
	t.Run("service", c.service)
	t.Run("pages", c.pages)
	t.Run("access", c.access)
	service.StopDatabase()
	t.Run("without a database", c.withoutDatabase)
	service.StartDatabase()
	for _, name := range c.Unseen() {
		t.Errorf("%s is documented and was not seen", name)
	}
}

type contract struct {
	*apptest.Client
	script string // the id of one that is hosted
}

func (c contract) get(t *testing.T, path string, status int) apptest.Answer {
	t.Helper()
	a := c.Do(t, http.MethodGet, path, "")
	if a.Status != status {
		t.Fatalf("GET %s: %d, want %d: %.500s", path, a.Status, status, a.Body)
	}
	return a
}

func (c contract) scripts(t *testing.T) {
	draft := `{"name":"Ação","description":"d","content":"` + "function process(d) { return '<' + d + '>' }\\n" + `","changeNote":"first"}`
	a := c.Do(t, http.MethodPost, "/api/scripts", draft)
	var made openapi.Script
	a.Decode(t, &made)
	path := "/api/scripts/" + made.ID.String()
	if a.Status != http.StatusCreated || a.Header.Get("Location") != path || made.Version != 1 || made.Name != "Ação" ||
		made.ChangeNote != "first" || !strings.Contains(string(a.Body), "'<' + d + '>'") {
		t.Errorf("%d %s %s", a.Status, a.Header.Get("Location"), a.Body)
	}
	var got, put openapi.Script
	c.get(t, path, http.StatusOK).Decode(t, &got)
	if !reflect.DeepEqual(got, made) {
		t.Errorf("got %+v, made %+v", got, made)
	}
	a = c.Do(t, http.MethodPut, path, `{"name":"Ação 2","content":"const process = d => d"}`)
	a.Decode(t, &put)
	if a.Status != http.StatusOK || put.Version != 2 || put.CreatedAt != made.CreatedAt || put.UpdatedAt.Before(made.UpdatedAt) || put.Sha256 == made.Sha256 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	old := c.Do(t, http.MethodPost, "/api/executions", `{"version":1,"scriptId":"`+made.ID.String()+`","data":"x"}`)
	var execution openapi.Execution
	old.Decode(t, &execution)
	if final := c.Wait(t, execution.ID.String()); final.ScriptVersion != 1 || apptest.JSON(final.OutputData) != `"<x>"` {
		t.Errorf("version 1 gave %+v", final)
	}
	if a := c.Do(t, http.MethodDelete, path, ""); a.Status != http.StatusNoContent || len(a.Body) > 0 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	c.get(t, path, http.StatusNotFound).Problem(t, http.StatusNotFound, "script-not-found")
	c.Do(t, http.MethodDelete, path, "").Problem(t, http.StatusNotFound, "script-not-found")
	c.Do(t, http.MethodPut, path, `{"name":"n","content":"const process = d => d"}`).Problem(t, http.StatusNotFound, "script-not-found")
	c.get(t, "/api/executions/"+execution.ID.String(), http.StatusOK) // stays readable
}

func (c contract) pagesOfScripts(t *testing.T) {
	for range 3 {
		c.Host(t, double)
	}
	var all []openapi.Script
	first := c.get(t, "/api/scripts?size=100", http.StatusOK)
	first.Decode(t, &all)
	if first.Header.Get("X-Total-Count") == "" || len(all) < 3 {
		t.Fatalf("%v %d", first.Header, len(all))
	}
	var paged []openapi.Script
	for path := "/api/scripts?size=2"; path != ""; {
		a := c.get(t, path, http.StatusOK)
		var page []openapi.Script
		a.Decode(t, &page)
		paged = append(paged, page...)
		path = next(a)
	}
	if !reflect.DeepEqual(paged, all) {
		t.Errorf("pages hold %d scripts, one large page %d", len(paged), len(all))
	}
	if !slices.IsSortedFunc(all, func(a, b openapi.Script) int { return b.CreatedAt.Compare(a.CreatedAt) }) {
		t.Error("the newest is not first")
	}
	if a := c.get(t, "/api/scripts?page=1000&size=100", http.StatusOK); string(a.Body) != "[]" {
		t.Errorf("a page behind the last: %s", a.Body)
	}
}

var nextPattern = regexp.MustCompile(`<([^>]+)>; rel="next"`)

// next returns the address of the next page, or "".
func next(a apptest.Answer) string {
	if match := nextPattern.FindStringSubmatch(a.Header.Get("Link")); match != nil {
		return match[1]
	}
	return ""
}

func (c contract) executions(t *testing.T) {
	data := `[ 1,2.50, 3e0 ]`
	a := c.Do(t, http.MethodPost, "/api/scripts/"+c.script+"/execute", `{"inputData":`+data+`}`)
	var accepted openapi.Execution
	a.Decode(t, &accepted)
	if a.Status != http.StatusAccepted || accepted.Status != openapi.Pending || accepted.InputData != nil ||
		a.Header.Get("Location") != "/api/executions/"+accepted.ID.String() {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	done := c.Wait(t, accepted.ID.String())
	if done.Status != openapi.Completed || apptest.JSON(done.OutputData) != `[2,5,6]` || apptest.JSON(done.InputData) != data {
		t.Errorf("%+v %s %s", done, apptest.JSON(done.InputData), apptest.JSON(done.OutputData))
	}
	if done.Error != nil || done.ErrorMessage != nil || done.ExecutionTimeUs == nil || done.QueueTimeMs == nil || done.Attempt != 1 ||
		len(done.Logs) != 1 || done.Logs[0].Level != openapi.Warn {
		t.Errorf("%+v", done)
	}
	if done.StartedAt.Before(done.CreatedAt) || done.CompletedAt.Before(*done.StartedAt) || done.CreatedAt.Location() != time.UTC {
		t.Errorf("times: %v %v %v", done.CreatedAt, done.StartedAt, done.CompletedAt)
	}
	failing := c.Host(t, "function process(data) {\n  return data.missing.length;\n}")
	failed := c.Run(t, failing, `{}`)
	if failed.Status != openapi.Failed || failed.Error == nil || failed.Error.Kind != openapi.ScriptError || *failed.Error.Line != 2 ||
		failed.ErrorMessage == nil || failed.Error.Name == nil || *failed.Error.Name != "TypeError" {
		t.Errorf("%+v %+v", failed, failed.Error)
	}
}

func (c contract) lists(t *testing.T) {
	script := c.Host(t, "function process(data) { if (data < 0) throw new Error('no'); return data }")
	from := time.Now().Add(-time.Second).UTC().Format(time.RFC3339Nano)
	var ids []string
	for _, data := range []string{"1", "-1", "2", "-2", "3"} {
		execution := c.Run(t, script, data)
		ids = append(ids, execution.ID.String())
	}
	slices.Reverse(ids)
	to := time.Now().Add(time.Minute).UTC().Format(time.RFC3339Nano)
	walk := func(path string) (got []openapi.Execution) {
		for path != "" {
			a := c.get(t, path, http.StatusOK)
			var page []openapi.Execution
			a.Decode(t, &page)
			got = append(got, page...)
			path = next(a)
		}
		return got
	}
	for path, want := range map[string][]string{
		"/api/executions/by-script/" + script:                                    ids,
		"/api/executions/by-script/" + script + "?size=2":                        ids,
		"/api/executions/by-script/" + script + "?size=5&from=" + from:           ids,
		"/api/executions?scriptId=" + script + "&size=1":                         ids,
		"/api/executions?scriptId=" + script + "&from=" + from + "&to=" + to:     ids,
		"/api/executions?scriptId=" + script + "&to=" + from:                     nil,
		"/api/executions?scriptId=" + script + "&status=failed&size=1":           {ids[1], ids[3]},
		"/api/executions/by-script/" + script + "?status=pending":                nil,
		"/api/executions/by-script/" + uuid.NewString():                          nil,
		"/api/executions?size=2&scriptId=" + script + "&include=input,output":    ids,
		"/api/executions/by-script/" + script + "?include=output&status=running": nil,
	} {
		var got []string
		for _, one := range walk(path) {
			got = append(got, one.ID.String())
			if strings.Contains(path, "include=input,output") != (one.InputData != nil) {
				t.Errorf("%s: inputData of %s is there: %v", path, one.ID, one.InputData != nil)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
	newest := walk("/api/executions/by-script/" + script + "?include=input,output")[0]
	if apptest.JSON(newest.InputData) != "3" || apptest.JSON(newest.OutputData) != "3" {
		t.Errorf("%s %s", apptest.JSON(newest.InputData), apptest.JSON(newest.OutputData))
	}
}

func (c contract) refusals(t *testing.T) {
	const good = `{"name":"n","content":"const process = d => d"}`
	nobody := uuid.NewString()
	run := `{"scriptId":"` + c.script + `","data":1}`
	c.Do(t, "POST", "/api/scripts", `{"name":"n","content":"function process( {"}`).Problem(t, 400, "script-does-not-load")
	c.Do(t, "PUT", "/api/scripts/"+c.script, `{"name":"n","content":"let x = 1"}`).Problem(t, 400, "script-does-not-load")
	c.Do(t, "GET", "/api/scripts/x", "").Problem(t, 400, "invalid-parameter")
	c.Do(t, "DELETE", "/api/scripts/x", "").Problem(t, 400, "invalid-parameter")
	c.Do(t, "GET", "/api/scripts?size=101", "").Problem(t, 400, "invalid-parameter")
	c.Do(t, "POST", "/api/scripts/"+c.script+"/execute", `{"data":1}`).Problem(t, 400, "invalid-request")
	c.Do(t, "POST", "/api/scripts/"+nobody+"/execute", `{"inputData":1}`).Problem(t, 404, "script-not-found")
	c.Do(t, "POST", "/api/executions", `{"data":1`).Problem(t, 400, "malformed-json")
	c.Do(t, "POST", "/api/executions", strings.Replace(run, c.script, nobody, 1)).Problem(t, 404, "script-not-found")
	c.Do(t, "POST", "/api/executions", strings.Replace(run, "}", `,"version":99}`, 1)).Problem(t, 404, "version-not-found")
	c.Do(t, "GET", "/api/executions?status=done", "").Problem(t, 400, "invalid-parameter")
	c.Do(t, "GET", "/api/executions/x", "").Problem(t, 400, "invalid-parameter")
	c.Do(t, "GET", "/api/executions/"+nobody, "").Problem(t, 404, "execution-not-found")
	c.Do(t, "GET", "/api/executions/by-script/x", "").Problem(t, 400, "invalid-parameter")
	c.Do(t, "GET", "/problems/made-up", "").Problem(t, 404, "problem-not-found")
	c.Do(t, "GET", "/api/nothing", "").Problem(t, 404, "route-not-found")
	c.Do(t, "PATCH", "/api/scripts", "").Problem(t, 405, "method-not-allowed")

	large := strings.Repeat(" ", 9<<20)
	for _, to := range []struct{ method, path, body string }{
		{"POST", "/api/scripts", good},
		{"PUT", "/api/scripts/" + c.script, good},
		{"POST", "/api/scripts/" + c.script + "/execute", `{"inputData":1}`},
		{"POST", "/api/executions", run},
	} {
		c.Do(t, to.method, to.path, to.body, "Content-Type", "text/plain").Problem(t, 415, "unsupported-media-type")
		c.Do(t, to.method, to.path, to.body, "Content-Encoding", "br").Problem(t, 415, "unsupported-encoding")
		c.Do(t, to.method, to.path, large).Problem(t, 413, "body-too-large")
	}
}

func (c contract) backups(t *testing.T) {
	for _, what := range []string{"database", "logs", "cleanup"} {
		a := c.Do(t, http.MethodPost, "/api/backup/"+what, "")
		var made openapi.Backup
		a.Decode(t, &made)
		if a.Status != http.StatusOK || !bool(made.Success) || made.Message == "" {
			t.Errorf("%s: %d %s", what, a.Status, a.Body)
		}
		if what != "database" {
			continue
		}
		if info, err := os.Stat(filepath.Clean(made.BackupPath)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", made.BackupPath, err)
		}
	}
}

func (c contract) service(t *testing.T) {
	for path, want := range map[string]string{"/health": "Healthy", "/livez": "Alive", "/readyz": "Ready"} {
		if a := c.get(t, path, http.StatusOK); string(a.Body) != want {
			t.Errorf("%s: %s", path, a.Body)
		}
	}
	var health openapi.Health
	c.Do(t, http.MethodGet, "/health", "", "Accept", "application/json").Decode(t, &health)
	if len(health.Parts) == 0 {
		t.Errorf("%+v", health)
	}
	if a := c.get(t, "/metrics", http.StatusOK); !strings.Contains(string(a.Body), `/api/executions/by-script/:scriptId`) {
		t.Error("the metrics do not count requests by route")
	}
	c.get(t, "/problems/script-not-found", http.StatusOK)
	if a := c.get(t, "/openapi.yaml", http.StatusOK); !strings.HasPrefix(string(a.Body), "openapi: 3.0") {
		t.Errorf("%.100s", a.Body)
	}
}

func (c contract) pages(t *testing.T) {
	for _, path := range []string{"/", "/swagger/", "/riverui/"} {
		if a := c.get(t, path, http.StatusOK); !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
			t.Errorf("%s is %s", path, a.Header.Get("Content-Type"))
		}
	}
	if a := c.get(t, "/hangfire", http.StatusFound); a.Header.Get("Location") != "/riverui" {
		t.Errorf("/hangfire leads to %s", a.Header.Get("Location"))
	}
}

// withoutDatabase sees what is left of each operation: problems of status 500 or 503, whose shape the client checks.
func (c contract) withoutDatabase(t *testing.T) {
	const draft = `{"name":"n","content":"const process = d => d"}`
	for _, to := range []struct{ method, path, body string }{
		{"POST", "/api/scripts", draft},
		{"GET", "/api/scripts", ""},
		{"GET", "/api/scripts/" + c.script, ""},
		{"PUT", "/api/scripts/" + c.script, draft},
		{"DELETE", "/api/scripts/" + c.script, ""},
		{"GET", "/api/scripts/" + c.script + "/versions", ""},
		{"GET", "/api/scripts/" + c.script + "/versions/1", ""},
		{"POST", "/api/scripts/" + c.script + "/execute", `{"inputData":1}`},
		{"POST", "/api/executions", `{"scriptId":"` + c.script + `","data":1}`},
		{"GET", "/api/executions", ""},
		{"GET", "/api/executions/" + uuid.NewString(), ""},
		{"GET", "/api/executions/by-script/" + c.script, ""},
		{"POST", "/api/executions/" + uuid.NewString() + "/cancel", ""},
		{"POST", "/api/executions/" + uuid.NewString() + "/rerun", ""},
		{"POST", "/api/keys", `{"name":"n","scopes":["admin"]}`},
		{"GET", "/api/keys", ""},
		{"GET", "/api/keys/" + uuid.NewString(), ""},
		{"DELETE", "/api/keys/" + uuid.NewString(), ""},
		{"GET", "/api/audit", ""},
		{"POST", "/api/backup/database", ""},
		{"POST", "/api/backup/logs", ""},
		{"POST", "/api/backup/cleanup", ""},
		{"GET", "/readyz", ""},
	} {
		a := c.Do(t, to.method, to.path, to.body)
		var p openapi.Problem
		if err := json.Unmarshal(a.Body, &p); err != nil || a.Status != http.StatusServiceUnavailable {
			t.Errorf("%s %s: %d %s, want 503", to.method, to.path, a.Status, a.Body)
		}
	}
	if a := c.get(t, "/health", http.StatusServiceUnavailable); string(a.Body) != "Unhealthy" {
		t.Errorf("%s", a.Body)
	}
	c.Do(t, http.MethodGet, "/health", "", "Accept", "application/json")
	c.get(t, "/livez", http.StatusOK)
}
