package api

import (
	"bytes"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"peneira/internal/api/openapi"
)

func TestTheDocumentIsValidAndCurrent(t *testing.T) {
	t.Parallel()
	root, err := os.ReadFile("../../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(root, openapi.Document) {
		t.Error(`the copy of openapi.yaml is not current: run "make generate"`)
	}
	document, err := openapi3.NewLoader().LoadFromData(root)
	if err != nil {
		t.Fatal(err)
	}
	if err := document.Validate(t.Context()); err != nil {
		t.Error(err)
	}
}

// pages of the product that are no part of the contract.
var uncontracted = []string{"/swagger", "/swagger/*file", "/hangfire", "/hangfire/*path", "/signin", "/signout"}

func TestRoutesAreThoseOfTheDocument(t *testing.T) {
	t.Parallel()
	document, err := openapi3.NewLoader().LoadFromData(openapi.Document)
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string][]string{}
	for path, item := range document.Paths.Map() {
		path = regexp.MustCompile(`\{(\w+)\}`).ReplaceAllString(path, ":$1")
		for method, operation := range item.Operations() {
			names := []string{}
			for _, parameter := range operation.Parameters {
				if parameter.Value.In == "query" {
					names = append(names, parameter.Value.Name)
				}
			}
			slices.Sort(names)
			documented[method+" "+path] = names
		}
	}
	served := map[string][]string{}
	config := Config{Mounts: Mounts{Metrics: http.NotFoundHandler()}}
	for _, r := range newServer(config).routes() {
		if !slices.Contains(uncontracted, r.path) {
			served[r.method+" "+r.path] = slices.Sorted(slices.Values(r.query))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(documented)) {
		query, ok := served[name]
		if !ok {
			t.Errorf("%s is documented and not served", name)
		} else if !slices.Equal(query, documented[name]) {
			t.Errorf("%s knows the parameters %v, documented are %v", name, query, documented[name])
		}
		delete(served, name)
	}
	for name := range served {
		t.Errorf("%s is served and not documented", name)
	}
}

func TestEveryParameterHasARule(t *testing.T) {
	t.Parallel()
	for _, r := range newServer(Config{}).routes() {
		for part := range strings.SplitSeq(r.path, "/") {
			if name, ok := strings.CutPrefix(part, ":"); ok && strings.HasPrefix(r.path, "/api/") && rules[name] == "" {
				t.Errorf("%s has no rule", name)
			}
		}
		for _, name := range r.query {
			if rules[name] == "" {
				t.Errorf("%s has no rule", name)
			}
		}
	}
}

func TestUnknownAddressesAndMethods(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, path := range []string{"/nothing", "/api", "/api/scripts/", "/api/executions/by-script/x/y", "/api//scripts", "/API/scripts"} {
		b.send(t, http.MethodGet, path, nil).problem(t, http.StatusNotFound, "route-not-found")
	}
	for path, allow := range map[string]string{
		"/api/scripts":          "GET, HEAD, POST",
		"/api/executions":       "GET, HEAD, POST",
		"/api/backup/database":  "POST",
		"/health":               "GET, HEAD",
		"/api/executions/x":     "GET, HEAD",
		"/api/scripts/x":        "DELETE, GET, HEAD, PUT",
		"/problems/whatever-it": "GET, HEAD",
	} {
		for _, method := range []string{http.MethodPatch, "MADEUP"} {
			a := b.send(t, method, path, nil)
			a.problem(t, http.StatusMethodNotAllowed, "method-not-allowed")
			if got := a.Header.Get("Allow"); got != allow {
				t.Errorf("%s: Allow %q, want %q", path, got, allow)
			}
		}
	}
}

func TestHeadIsGetWithoutABody(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, path := range []string{"/livez", "/readyz", "/health", "/openapi.yaml", "/swagger/"} {
		get, head := b.send(t, http.MethodGet, path, nil), b.send(t, http.MethodHead, path, nil)
		if head.StatusCode != http.StatusOK || len(head.body) != 0 || head.ContentLength != get.ContentLength {
			t.Errorf("%s: %d with %d bytes, Content-Length %d; GET has %d", path, head.StatusCode, len(head.body), head.ContentLength, get.ContentLength)
		}
	}
	b.send(t, http.MethodGet, "/livez", nil)
}

func TestRedirectsAndMounts(t *testing.T) {
	t.Parallel()
	named := func(name string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(name + " " + r.URL.Path)) })
	}
	b := setup(t, func(c *Config) {
		c.Mounts = Mounts{Metrics: named("metrics"), RiverUI: named("river"), Console: named("console")}
	})
	for path, want := range map[string]string{
		"/metrics": "metrics /metrics", "/riverui": "river /riverui", "/riverui/jobs/1": "river /riverui/jobs/1",
		"/": "console /", "/static/a.css": "console /static/a.css",
	} {
		if a := b.send(t, http.MethodGet, path, nil); string(a.body) != want || a.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %q", path, a.StatusCode, a.body)
		}
	}
	for path, want := range map[string]string{"/hangfire": "/riverui", "/hangfire/jobs": "/riverui", "/swagger": "/swagger/"} {
		if a := b.send(t, http.MethodGet, path, nil); a.StatusCode != http.StatusFound || a.Header.Get("Location") != want {
			t.Errorf("%s: %d to %q", path, a.StatusCode, a.Header.Get("Location"))
		}
	}
}

func TestSwaggerNeedsNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	b := setup(t)
	page := b.send(t, http.MethodGet, "/swagger/", nil)
	if bytes.Contains(page.body, []byte("http")) {
		t.Errorf("the page names another server: %s", page.body)
	}
	for _, match := range regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllSubmatch(page.body, -1) {
		a := b.send(t, http.MethodGet, string(match[1]), nil)
		if a.StatusCode != http.StatusOK || len(a.body) == 0 {
			t.Errorf("%s: %d with %d bytes", match[1], a.StatusCode, len(a.body))
		}
	}
	if a := b.send(t, http.MethodGet, "/openapi.yaml", nil); !bytes.Equal(a.body, openapi.Document) {
		t.Error("/openapi.yaml is not the document")
	}
	if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "script-src 'self';") {
		t.Errorf("policy %q", policy)
	}
}

func TestOpsServesNothingElse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	metrics := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("m 1")) })
	server := httptest.NewServer(NewOps(Config{Health: b.fake, Logger: slog.New(slog.DiscardHandler), Mounts: Mounts{Metrics: metrics}}))
	t.Cleanup(server.Close)
	b.url = server.URL
	for _, path := range []string{"/health", "/livez", "/readyz", "/metrics"} {
		if a := b.send(t, http.MethodGet, path, nil); a.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
	}
	for _, path := range []string{"/", "/api/scripts", "/swagger/", "/openapi.yaml"} {
		b.send(t, http.MethodGet, path, nil).problem(t, http.StatusNotFound, "route-not-found")
	}
}
