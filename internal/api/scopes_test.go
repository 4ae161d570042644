package api

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"peneira/internal/access"
	"peneira/internal/api/openapi"
)

func everyRoute() []route {
	return newServer(Config{Mounts: Mounts{Metrics: http.NotFoundHandler(), RiverUI: http.NotFoundHandler(), Console: http.NotFoundHandler()}}).routes()
}

func TestEveryRouteHasARuleAndEveryRuleARoute(t *testing.T) {
	t.Parallel()
	served := map[string]bool{}
	for _, r := range everyRoute() {
		name := r.method + " " + r.path
		served[name] = true
		if _, ok := accessRules[name]; !ok && (!strings.HasPrefix(r.path, "/riverui") || r.method == http.MethodGet) {
			t.Errorf("%s has no rule in accessRules, so only administrators may use it", name)
		}
	}
	for name := range accessRules {
		if !served[name] {
			t.Errorf("%s has a rule and is not served", name)
		}
	}
}

// What the contract says of each operation is what holds.
func TestTheDocumentNamesTheScopes(t *testing.T) {
	t.Parallel()
	document, err := openapi3.NewLoader().LoadFromData(openapi.Document)
	if err != nil {
		t.Fatal(err)
	}
	parameter := regexp.MustCompile(`\{(\w+)\}`)
	for path, item := range document.Paths.Map() {
		for method, operation := range item.Operations() {
			rule := ruleOf(route{method: method, path: parameter.ReplaceAllString(path, ":$1")})
			var documented []access.Scope
			names, _ := operation.Extensions["x-scopes"].([]any)
			for _, name := range names {
				documented = append(documented, access.Scope(name.(string)))
			}
			if !slices.Equal(documented, rule.scopes) {
				t.Errorf("%s: documented are the scopes %v, needed are %v", operation.OperationID, documented, rule.scopes)
			}
			optional := operation.Security != nil && (len(*operation.Security) == 0 || len((*operation.Security)[0]) == 0)
			if optional != rule.open {
				t.Errorf("%s: documented as open: %v, is open: %v", operation.OperationID, optional, rule.open)
			}
			for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests} {
				if !rule.open && operation.Responses.Status(status) == nil {
					t.Errorf("%s does not document %d", operation.OperationID, status)
				}
			}
			if operation.OperationID != "listAudit" {
				continue
			}
			for _, action := range access.Actions {
				if !strings.Contains(operation.Description, string(action)) {
					t.Errorf("the action %s is not documented", action)
				}
			}
		}
	}
	scopes := document.Components.Schemas["Scope"].Value.Enum
	for i, scope := range access.Scopes {
		if len(scopes) != len(access.Scopes) || scopes[i] != string(scope) {
			t.Fatalf("documented scopes are %v", scopes)
		}
	}
}

func TestWhatNobodyKnowsIsForAdministrators(t *testing.T) {
	t.Parallel()
	if r := ruleOf(route{method: "GET", path: "/api/secrets"}); r.open || !slices.Equal(r.scopes, []access.Scope{access.Admin}) {
		t.Errorf("%+v", r)
	}
	if r := ruleOf(route{method: "POST", path: "/riverui/*path"}); r.record != access.QueueChanged || !slices.Equal(r.scopes, []access.Scope{access.Admin}) {
		t.Errorf("%+v", r)
	}
}

func TestNextIsAPathOfThisServer(t *testing.T) {
	t.Parallel()
	for next, want := range map[string]string{
		"/swagger/?a=b": "/swagger/?a=b", "": "/", "//evil.example": "/", "https://evil.example": "/", "/\\evil.example": "/",
		"/\t/evil.example": "/", "/signin?next=/signin": "/", "javascript:alert(1)": "/", "/riverui/jobs?state=running": "/riverui/jobs?state=running",
	} {
		if got := localPath(next); got != want {
			t.Errorf("%q leads to %q, want %q", next, got, want)
		}
	}
}
