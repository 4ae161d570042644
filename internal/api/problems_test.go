package api

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"peneira/internal/failure"
)

func TestEveryKindHasAProblem(t *testing.T) {
	t.Parallel()
	for kind, status := range map[failure.Kind]int{
		failure.NotFound: 404, failure.Invalid: 400, failure.Conflict: 409, failure.TooLarge: 413, failure.Unauthorized: 401,
		failure.Limited: 429, failure.Unavailable: 503, failure.Internal: 500,
	} {
		if got := problemFor(failure.New(kind, "a-code-that-is-not-there", "x")); got.Status != status || got.Code != string(kind) {
			t.Errorf("%s: %+v", kind, got)
		}
	}
	if got := problemFor(failure.New("made-up", "", "x")); got.Status != 500 {
		t.Errorf("%+v", got)
	}
}

func TestEveryProblemHasAPage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for code, row := range problems {
		if !regexp.MustCompile(`^[a-z0-9-]{1,100}$`).MatchString(code) || row.Title == "" || row.Meaning == "" || row.Remedy == "" || row.Status < 400 {
			t.Errorf("%+v", row)
		}
		a := b.send(t, http.MethodGet, "/problems/"+code, nil)
		if a.StatusCode != http.StatusOK || !strings.Contains(string(a.body), "<h1>"+row.Title) ||
			!strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") || a.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("%s: %d %s", code, a.StatusCode, a.body)
		}
	}
	b.send(t, http.MethodGet, "/problems/made-up", nil).problem(t, 404, "problem-not-found")
	b.send(t, http.MethodGet, "/problems/%3Cscript%3E", nil).problem(t, 404, "problem-not-found")
}

func TestFailuresAreShownAndErrorsAreNot(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, c := range []struct {
		err    error
		status int
		code   string
		detail string
		logged bool
	}{
		{failure.New(failure.Conflict, "", "Not now.").Because(errors.New("secret")), 409, "conflict", "Not now.", false},
		{fmt.Errorf("wrapped: secret: %w", failure.New(failure.Unavailable, "database-unavailable", "Later.")), 503, "database-unavailable", "Later.", true},
		{failure.New(failure.NotFound, "", ""), 404, "not-found", "", false},
		{failure.New(failure.Internal, "secret", "secret"), 500, "internal", "", true},
		{errors.New("secret"), 500, "internal", "", true},
		{context.Canceled, 500, "internal", "", true},
	} {
		b.fake.backup = func() (Backup, error) { return Backup{}, c.err }
		before := strings.Count(b.log.String(), "request failed")
		a := b.send(t, http.MethodPost, "/api/backup/database", nil)
		if p := a.problem(t, c.status, c.code); c.detail != "" && p.Detail != c.detail {
			t.Errorf("%v: %s", c.err, p.Detail)
		}
		if strings.Contains(string(a.body), "secret") {
			t.Errorf("%v: %s", c.err, a.body)
		}
		want := before
		if c.logged {
			want++
		}
		if got := strings.Count(b.log.String(), "request failed"); got != want {
			t.Errorf("%v: logged %d times, want %d", c.err, got-before, want-before)
		}
	}
}

func TestHealthAndReadiness(t *testing.T) {
	t.Parallel()
	b := setup(t)
	parts := func(status HealthStatus) HealthReport {
		return HealthReport{Parts: []HealthPart{{Name: "database", Status: HealthOK}, {Name: "sandbox", Status: status, Detail: "d", Duration: 1500000}}}
	}
	for status, want := range map[HealthStatus]struct {
		code int
		text string
	}{HealthOK: {200, "Healthy"}, HealthDegraded: {200, "Healthy"}, HealthDown: {503, "Unhealthy"}} {
		b.fake.health = parts(status)
		if a := b.send(t, http.MethodGet, "/health", nil); a.StatusCode != want.code || string(a.body) != want.text {
			t.Errorf("%s: %d %s", status, a.StatusCode, a.body)
		}
		a := b.send(t, http.MethodGet, "/health", nil, "Accept", "application/json")
		if a.StatusCode != want.code || !strings.Contains(string(a.body), fmt.Sprintf(`"status":%q`, status)) ||
			!strings.Contains(string(a.body), `"durationMs":1.5`) {
			t.Errorf("%s: %d %s", status, a.StatusCode, a.body)
		}
	}
	b.fake.ready = errors.New("the server is stopping")
	if p := b.send(t, http.MethodGet, "/readyz", nil).problem(t, 503, "not-ready"); p.Detail != "Not ready: the server is stopping." {
		t.Errorf("%s", p.Detail)
	}
	if a := b.send(t, http.MethodGet, "/livez", nil); a.StatusCode != http.StatusOK || string(a.body) != "Alive" {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
}

// Codes that only command lines meet have no page.
var commandLineOnly = map[string]bool{
	"already-accepted": true, "backup-not-found": true,
	"database-in-use": true, "database-not-empty": true, "not-a-dump": true,
	"restore-program-missing": true, "restore-unfinished": true, "schema-too-new": true, "script-too-large": true, "server-too-old": true,
}

// The table and the code that it is for lie in different packages; this holds them together.
func TestEveryCodeHasARow(t *testing.T) {
	t.Parallel()
	code := regexp.MustCompile(`failure\.New\(\s*failure\.\w+,\s*"([a-z0-9-]+)"`)
	met := 0
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, match := range code.FindAllStringSubmatch(string(source), -1) {
			met++
			if _, ok := problems[match[1]]; !ok && !commandLineOnly[match[1]] {
				t.Errorf("%s: %s has no row among the problems", path, match[1])
			}
		}
		return err
	})
	if err != nil || met < 20 {
		t.Errorf("%d codes found (%v)", met, err)
	}
}
