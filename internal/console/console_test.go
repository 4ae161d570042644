package console_test

import (
	"encoding/json"
	"encoding/xml"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"peneira/internal/console"
)

func setup(t *testing.T) http.Handler {
	t.Helper()
	handler, err := console.Handler(console.Info{Version: "v1.2.3", TimeLimit: 2500 * time.Millisecond, MemoryLimitBytes: 128 << 20, OutputLimitBytes: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

func get(t *testing.T, handler http.Handler, host, path string) *http.Response {
	t.Helper()
	request := httptest.NewRequest(http.MethodGet, path, http.NoBody)
	request.Host = host
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder.Result()
}

func read(t *testing.T, response *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestPageSaysWhereEverythingIs(t *testing.T) {
	t.Parallel()
	response := get(t, setup(t), "data.example:5000", "/")
	page := read(t, response)
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("status %d, headers %v", response.StatusCode, response.Header)
	}
	for _, want := range []string{
		`href="/swagger"`, `href="/riverui"`, `href="/openapi.yaml"`, `href="/health"`, `href="/metrics"`,
		"v1.2.3", "<dd>2.5 s</dd>", "<dd>128 MiB</dd>", "<dd>1000 B</dd>", "http://data.example:5000/api/scripts",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if strings.Contains(page, "<dt>Input</dt>") {
		t.Error("a limit that is not set is shown")
	}
}

func TestNothingInline(t *testing.T) {
	t.Parallel()
	handler := setup(t)
	response := get(t, handler, "localhost", "/")
	if policy := response.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is %q", policy)
	}
	inline := regexp.MustCompile(`(?i)<script|<style|\sstyle=|\son[a-z]+=|javascript:`)
	for _, path := range []string{"/", "/static/logo.svg", "/static/sieve.svg"} {
		if found := inline.FindString(read(t, get(t, handler, "localhost", path))); found != "" {
			t.Errorf("%s holds %q", path, found)
		}
	}
}

func TestPartsOfThePageAreThere(t *testing.T) {
	t.Parallel()
	handler := setup(t)
	types := map[string]string{".css": "text/css", ".svg": "image/svg+xml"}
	page := read(t, get(t, handler, "localhost", "/"))
	parts := regexp.MustCompile(`(?:src|href)="(/static/[a-z]+(\.[a-z]+)\?v=[0-9a-f]{8})"`).FindAllStringSubmatch(page, -1)
	if len(parts) < 3 {
		t.Fatalf("the page has only the parts %v", parts)
	}
	for _, part := range parts {
		response := get(t, handler, "localhost", part[1])
		if contentType := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || !strings.HasPrefix(contentType, types[part[2]]) {
			t.Errorf("%s: status %d, %s", part[1], response.StatusCode, contentType)
		}
		if part[2] == ".svg" {
			if err := xml.Unmarshal([]byte(read(t, response)), new(struct{ XMLName xml.Name })); err != nil {
				t.Errorf("%s: %v", part[1], err)
			}
		}
	}
	for _, path := range []string{"/static/", "/nothing", "/page.html", "/static/../page.html"} {
		if response := get(t, handler, "localhost", path); response.StatusCode == http.StatusOK {
			t.Errorf("%s is served", path)
		}
	}
}

// What the page tells people to post has to be JSON that a shell leaves alone.
func TestCommandsPostJSON(t *testing.T) {
	t.Parallel()
	page := html.UnescapeString(read(t, get(t, setup(t), "localhost", "/")))
	bodies := regexp.MustCompile(`(?s) -d '(.*?)' \| sed`).FindAllStringSubmatch(page, -1)
	if len(bodies) != 2 {
		t.Fatalf("found %d bodies", len(bodies))
	}
	for _, body := range bodies {
		text := strings.ReplaceAll(body[1], `'"$script"'`, "01890a5d-ac96-774b-bcce-b302099a8057")
		if !json.Valid([]byte(text)) || strings.Contains(text, "'") {
			t.Errorf("is not JSON, or holds a quote that ends the shell's string:\n%s", text)
		}
	}
}

func TestHostThatAShellWouldObeyIsNotShown(t *testing.T) {
	t.Parallel()
	handler := setup(t)
	for host, want := range map[string]string{
		"localhost:5000":    "http://localhost:5000/api/",
		"[::1]:5000":        "http://[::1]:5000/api/",
		"x;reboot":          "http://127.0.0.1:5000/api/",
		"$(reboot):80":      "http://127.0.0.1:5000/api/",
		"a.example`id`":     "http://127.0.0.1:5000/api/",
		"a.example:1234567": "http://127.0.0.1:5000/api/",
	} {
		page := read(t, get(t, handler, host, "/"))
		if !strings.Contains(page, want) || strings.Contains(page, "reboot") {
			t.Errorf("host %q: %q is missing", host, want)
		}
	}
}
