package app_test

import (
	"net/http"
	"strings"
	"testing"

	"peneira/internal/app/apptest"
)

// PostgreSQL's text takes neither U+0000 nor what is not UTF-8. Whoever sends either is told so, wherever it stands.
func TestWhatIsNoTextIsNeverOurFault(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t)
	script := apptest.NewClient(t, service.URL).Host(t, echo)
	type request struct{ method, path, body string }
	var all []request
	for _, bad := range []string{"%00", "%ff", "a%00b", "%ed%a0%80", "%c3"} {
		for _, path := range []string{
			"/api/audit?subject=", "/api/audit?action=", "/api/audit?keyId=", "/api/audit?cursor=", "/api/audit?from=", "/api/audit?",
			"/api/executions?status=", "/api/executions?scriptId=", "/api/executions?cursor=", "/api/executions?include=",
			"/api/executions?size=", "/api/scripts?page=", "/api/scripts/", "/api/scripts/" + script + "/versions/", "/api/executions/",
			"/api/executions/by-script/", "/api/keys/", "/problems/", "/static/", "/swagger/", "/hangfire/", "/nothing/", "/signin?next=",
		} {
			all = append(all, request{http.MethodGet, path + bad, ""})
		}
		all = append(all, request{http.MethodPost, "/riverui/" + bad, ""}, request{http.MethodDelete, "/riverui/" + strings.Repeat("x", 500) + bad, ""},
			request{http.MethodPost, "/api/executions/" + bad + "/rerun", ""}, request{http.MethodDelete, "/api/keys/" + bad, ""})
	}
	for _, bad := range []string{`\u0000`, "\x00", "\xff", `\ud800`, "\xed\xa0\x80"} {
		for path, body := range map[string]string{
			"/api/scripts#name":        `{"name":"BAD","content":"const process = d => d"}`,
			"/api/scripts#content":     `{"name":"n","content":"const process = d => 'BAD'"}`,
			"/api/scripts#description": `{"name":"n","content":"const process = d => d","description":"BAD"}`,
			"/api/scripts#note":        `{"name":"n","content":"const process = d => d","changeNote":"BAD"}`,
			"/api/scripts#redact":      `{"name":"n","content":"const process = d => d","redact":["$.aBAD"]}`,
			"/api/scripts#member":      `{"name":"n","content":"const process = d => d","BAD":1}`,
			"/api/executions#script":   `{"scriptId":"BAD","data":1}`,
			"/api/executions#data":     `{"scriptId":"` + script + `","data":{"BAD":"BAD"}}`,
			"/api/keys#name":           `{"name":"BAD","scopes":["metrics:read"]}`,
			"/api/keys#scope":          `{"name":"n","scopes":["BAD"]}`,
			"/api/keys#expiry":         `{"name":"n","scopes":["metrics:read"],"expiresAt":"BAD"}`,
		} {
			path, _, _ = strings.Cut(path, "#")
			all = append(all, request{http.MethodPost, path, strings.ReplaceAll(body, "BAD", bad)})
		}
	}
	for _, r := range all {
		sent, err := http.NewRequestWithContext(t.Context(), r.method, service.URL+r.path, strings.NewReader(r.body))
		if err != nil {
			t.Fatal(err)
		}
		sent.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(sent)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode >= http.StatusInternalServerError {
			t.Errorf("%s %s %q: %s", r.method, r.path, r.body, response.Status)
		}
		if strings.HasPrefix(r.path, "/api/audit?") && response.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s", r.path, response.Status)
		}
	}
}
