package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"

	"peneira/internal/execution"
)

func TestRequestIDsAreKeptOrMade(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, good := range []string{"a", "A-b_c.9", strings.Repeat("x", 128)} {
		if got := b.send(t, http.MethodGet, "/livez", nil, "X-Request-Id", good).Header.Get("X-Request-Id"); got != good {
			t.Errorf("%q became %q", good, got)
		}
	}
	for _, bad := range []string{"", "a b", "é", strings.Repeat("x", 129), `"`, "a/b"} {
		got := b.send(t, http.MethodGet, "/livez", nil, "X-Request-Id", bad).Header.Get("X-Request-Id")
		if id, err := uuid.Parse(got); err != nil || id.Version() != 7 {
			t.Errorf("%q became %q", bad, got)
		}
	}
}

func TestPanicsAreAnsweredAndLoggedOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.fake.accepted = func(execution.Request) (execution.Execution, error) { panic("secret") }
	a := b.send(t, http.MethodPost, "/api/executions", strings.NewReader(body(`"canary"`)), "X-Request-Id", "me")
	if p := a.problem(t, 500, "internal"); p.RequestID != "me" || strings.Contains(string(a.body), "secret") {
		t.Errorf("%s", a.body)
	}
	log := b.log.String()
	if strings.Count(log, "secret") != 1 || !strings.Contains(log, "middleware_test.go") || !strings.Contains(log, `"requestId":"me"`) {
		t.Errorf("%s", log)
	}
	if strings.Contains(log, "canary") {
		t.Errorf("the log holds the payload: %s", log)
	}
}

func TestRequestsAreLoggedWithoutWhatTheyHold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.send(t, http.MethodGet, "/api/executions?status=canary", nil)
	b.send(t, "CANARY", "/canary/canary", nil)
	if log := b.log.String(); strings.Contains(strings.ToLower(log), "canary") || !strings.Contains(log, `"route":"/api/executions","status":400,"durationMs":`) {
		t.Errorf("%s", log)
	}
	if got := <-b.fake.observed; got != "GET /api/executions Bad Request" {
		t.Errorf("observed %q", got)
	}
	if got := <-b.fake.observed; got != "OTHER  Not Found" {
		t.Errorf("observed %q", got)
	}
}

func TestAClientThatHangsUpIsNoError(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, cancel := context.WithCancel(t.Context())
	b.fake.accepted = func(execution.Request) (execution.Execution, error) {
		cancel()
		return execution.Execution{}, context.Canceled
	}
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/api/executions", strings.NewReader(body("1")))
	r.Header.Set("Content-Type", "application/json")
	b.api.ServeHTTP(httptest.NewRecorder(), r)
	if log := b.log.String(); strings.Contains(log, "ERROR") || !strings.Contains(log, `"status":499`) {
		t.Errorf("%s", log)
	}
}

func TestAnswersAreHardened(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, path := range []string{"/livez", "/api/scripts/x", "/nothing", "/problems/internal", "/swagger/"} {
		header := b.send(t, http.MethodGet, path, nil).Header
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
		} {
			if header.Get(name) != want {
				t.Errorf("%s: %s is %q", path, name, header.Get(name))
			}
		}
	}
}
