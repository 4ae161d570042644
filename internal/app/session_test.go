package app_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"peneira/internal/access"
	"peneira/internal/app/apptest"
	"peneira/internal/postgres"
)

// browser is what a browser does with cookies, redirects and the headers that say where a request comes from.
type browser struct {
	t      *testing.T
	url    string
	client http.Client
}

func newBrowser(t *testing.T, address string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, address, http.Client{
		Jar: jar, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (b *browser) do(method, path string, form url.Values, headers ...string) *http.Response {
	b.t.Helper()
	r, err := http.NewRequest(method, b.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html,*/*")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = response.Body.Close() })
	return response
}

func (b *browser) signIn(key, next string) *http.Response {
	b.t.Helper()
	return b.do("POST", "/signin", url.Values{"key": {key}, "next": {next}}, "Sec-Fetch-Site", "same-origin")
}

func (b *browser) want(status int, method, path string, headers ...string) {
	b.t.Helper()
	if got := b.do(method, path, nil, headers...); got.StatusCode != status {
		text, _ := io.ReadAll(got.Body)
		b.t.Errorf("%s %s %v: %d, want %d: %.300s", method, path, headers, got.StatusCode, status, text)
	}
}

func TestBrowsersSignIn(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t)
	admin, adminToken := service.MakeKey(t, []access.Scope{access.Admin})
	_, readerToken := service.MakeKey(t, []access.Scope{access.ScriptsRead})
	b := newBrowser(t, service.URL)
	eventually(t, func() error {
		if r := b.do("GET", "/swagger/?x=1", nil); r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/signin?next=%2Fswagger%2F%3Fx%3D1" {
			return fmt.Errorf("%d %s", r.StatusCode, r.Header.Get("Location"))
		}
		return nil
	})
	for _, path := range []string{"/", "/riverui/", "/hangfire"} {
		b.want(http.StatusSeeOther, "GET", path)
	}
	b.want(http.StatusUnauthorized, "GET", "/api/scripts")
	b.want(http.StatusUnauthorized, "GET", "/metrics", "Accept", "*/*")
	for _, path := range []string{"/livez", "/readyz", "/health", "/openapi.yaml", "/problems/not-signed-in", "/signin"} {
		b.want(http.StatusOK, "GET", path)
	}
	if r := b.signIn(access.NewToken(access.TokenPrefix), "/"); r.StatusCode != http.StatusUnauthorized || len(r.Cookies()) != 0 {
		t.Errorf("a key that is none: %d", r.StatusCode)
	}
	r := b.do("POST", "/signin", url.Values{"key": {adminToken}}, "Sec-Fetch-Site", "cross-site")
	if r.StatusCode != http.StatusForbidden {
		t.Errorf("another site signs the browser in: %d", r.StatusCode)
	}

	r = b.signIn(adminToken, "/riverui/")
	if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/riverui/" || len(r.Cookies()) != 1 {
		t.Fatalf("%d %v", r.StatusCode, r.Header)
	}
	cookie := r.Cookies()[0]
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode || cookie.Secure || cookie.Path != "/" || cookie.Name != "peneira_session" {
		t.Errorf("%+v", cookie)
	}
	for _, path := range []string{"/", "/swagger/", "/riverui/", "/riverui/api/states", "/api/keys", "/metrics", "/signin"} {
		b.want(http.StatusOK, "GET", path)
	}
	// What a signed-in browser changes must come from a page of this server, and say so.
	for _, path := range []string{"/riverui/api/queues/executions/pause", "/api/backup/cleanup", "/signout"} {
		b.want(http.StatusForbidden, method(path), path)
		b.want(http.StatusForbidden, method(path), path, "Sec-Fetch-Site", "cross-site")
		b.want(http.StatusForbidden, method(path), path, "Sec-Fetch-Site", "same-site")
		b.want(http.StatusForbidden, method(path), path, "Sec-Fetch-Site", "none")
		b.want(http.StatusForbidden, method(path), path, "Origin", "http://evil.example")
		b.want(http.StatusForbidden, method(path), path, "Origin", "null")
	}
	b.want(http.StatusOK, "PUT", "/riverui/api/queues/executions/pause", "Sec-Fetch-Site", "same-origin")
	b.want(http.StatusOK, "PUT", "/riverui/api/queues/executions/resume", "Origin", service.URL)
	b.want(http.StatusOK, "POST", "/api/backup/cleanup", "Sec-Fetch-Site", "same-origin")

	reader := newBrowser(t, service.URL)
	reader.signIn(readerToken, "/")
	reader.want(http.StatusOK, "GET", "/swagger/")
	reader.want(http.StatusForbidden, "GET", "/riverui/")
	reader.want(http.StatusForbidden, "GET", "/api/keys")

	// Signing out ends the session for whoever holds it, too.
	other := newBrowser(t, service.URL)
	other.signIn(adminToken, "/")
	kept := other.client.Jar.Cookies(mustURL(t, service.URL))
	if r := other.do("POST", "/signout", url.Values{}, "Sec-Fetch-Site", "same-origin"); r.StatusCode != http.StatusSeeOther {
		t.Errorf("%d", r.StatusCode)
	}
	other.client.Jar.SetCookies(mustURL(t, service.URL), kept)
	other.want(http.StatusUnauthorized, "GET", "/api/keys")
	// A session dies with its key.
	if err := postgres.NewAPIKeys(service.Pool).Revoke(t.Context(), admin.ID); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error {
		if r := b.do("GET", "/api/keys", nil); r.StatusCode != http.StatusUnauthorized {
			return fmt.Errorf("after its key is revoked, the session still gets %d", r.StatusCode)
		}
		return nil
	})
	checkAudited(t, service, access.SignedIn, access.SignedOut, access.QueueChanged, access.CleanupAsked, access.KeyRevoked)
	if _, err := postgres.NewSessions(service.Pool).DropDead(t.Context()); err != nil { // unless upkeep has, just now
		t.Error(err)
	}
	var dead, all int
	if err := service.Pool.QueryRow(t.Context(), `SELECT count(*) FILTER (WHERE key_id = $1), count(*) FROM sessions`, admin.ID).Scan(&dead, &all); err != nil {
		t.Fatal(err)
	}
	if dead > 0 || all == 0 {
		t.Errorf("%d sessions of the revoked key are left of %d", dead, all)
	}
}

// method is that of an address which changes something.
func method(path string) string {
	if strings.HasPrefix(path, "/riverui") {
		return http.MethodPut
	}
	return http.MethodPost
}

func mustURL(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func checkAudited(t *testing.T, service *apptest.App, actions ...access.Action) {
	t.Helper()
	for _, action := range actions {
		entries, err := postgres.NewAudit(service.Pool).List(t.Context(), access.Filter{Action: action, Limit: 10})
		if err != nil || len(entries) == 0 {
			t.Errorf("%s is not in the audit log (%v)", action, err)
		}
	}
}
