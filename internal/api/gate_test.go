package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/uuid"

	"peneira/internal/access"
	"peneira/internal/keyring"
)

// oneKey is a store of one key.
type oneKey struct{ stored access.Stored }

func (o oneKey) Usable(context.Context) ([]access.Stored, bool, error) {
	return []access.Stored{o.stored}, true, nil
}

func (o oneKey) NoteUse(context.Context, access.Use) error { return nil }

// guarded returns a server that asks for a key, and the key.
func guarded(t *testing.T, changes ...func(*Config)) (b *bundle, token string) {
	t.Helper()
	token = access.NewToken(access.TokenPrefix)
	key := access.Key{ID: uuid.Must(uuid.NewV7()), Scopes: []access.Scope{access.Admin}}
	ring := keyring.New(keyring.Config{
		Store: oneKey{access.Stored{Key: key, Hash: access.HashOf(token)}}, Told: func() bool { return true }, Logger: slog.New(slog.DiscardHandler),
	})
	if err := ring.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return setup(t, append(changes, func(c *Config) { c.Keyring, c.Flights = ring, keyring.NewFlights(nil, c.Logger) })...), token
}

func TestKeysAreSentInEitherHeader(t *testing.T) {
	t.Parallel()
	b, token := guarded(t)
	const path = "/api/scripts"
	for name, c := range map[string]struct {
		headers []string
		status  int
		code    string
	}{
		"bearer":                   {[]string{"Authorization", "Bearer " + token}, http.StatusCreated, ""},
		"bearer in small letters":  {[]string{"Authorization", "bearer  " + token}, http.StatusCreated, ""},
		"header of its own":        {[]string{"X-API-Key", token}, http.StatusCreated, ""},
		"both":                     {[]string{"Authorization", "Bearer " + token, "X-API-Key", "x"}, http.StatusCreated, ""},
		"none":                     {nil, http.StatusUnauthorized, "not-signed-in"},
		"basic":                    {[]string{"Authorization", "Basic " + token}, http.StatusUnauthorized, "key-not-valid"},
		"no scheme":                {[]string{"Authorization", token}, http.StatusUnauthorized, "key-not-valid"},
		"wrong one":                {[]string{"X-API-Key", token + "x"}, http.StatusUnauthorized, "key-not-valid"},
		"wrong one before a right": {[]string{"Authorization", "Bearer x", "X-API-Key", token}, http.StatusUnauthorized, "key-not-valid"},
		"in the address":           {[]string{"X-Unrelated", token}, http.StatusUnauthorized, "not-signed-in"},
	} {
		a := b.send(t, http.MethodPost, path, strings.NewReader(`{"name":"n","content":"c"}`), c.headers...)
		if c.code != "" {
			a.problem(t, c.status, c.code)
			if !strings.HasPrefix(a.Header.Get("WWW-Authenticate"), "Bearer realm=") {
				t.Errorf("%s: challenged with %q", name, a.Header.Get("WWW-Authenticate"))
			}
		} else if a.StatusCode != c.status {
			t.Errorf("%s: %d %s", name, a.StatusCode, a.body)
		}
	}
	if strings.Contains(b.log.String(), token) || strings.Contains(b.log.String(), token[13:]) {
		t.Error("the log holds the key")
	}
}

// A trusted proxy may pass on the name that the world knows, but only where a key is asked for.
func TestHostsNamedByATrustedProxy(t *testing.T) {
	t.Parallel()
	behind := func(c *Config) {
		c.LoopbackOnly, c.TrustedProxies = true, []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	}
	withKeys, _ := guarded(t, behind)
	alone, _ := guarded(t, func(c *Config) { c.LoopbackOnly = true })
	for name, c := range map[string]struct {
		server http.Handler
		want   int
	}{
		"keys and proxy": {withKeys.api, http.StatusOK},
		"keys":           {alone.api, http.StatusMisdirectedRequest},
		"proxy":          {setup(t, behind).api, http.StatusMisdirectedRequest},
	} {
		r := httptest.NewRequest(http.MethodGet, "/livez", http.NoBody)
		r.Host, r.RemoteAddr = "peneira.example", "127.0.0.1:9999"
		recorder := httptest.NewRecorder()
		c.server.ServeHTTP(recorder, r)
		if recorder.Code != c.want {
			t.Errorf("%s: %d, want %d", name, recorder.Code, c.want)
		}
	}
}

// Every page says what it may load, without inline script, and lets nobody frame it; so does every other answer.
func TestEveryAnswerHasAStrictPolicy(t *testing.T) {
	t.Parallel()
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<!DOCTYPE html>")) })
	b := setup(t, func(c *Config) { c.Mounts.RiverUI = page })
	for _, path := range []string{"/swagger/", "/riverui/", "/riverui/jobs", "/signin", "/problems/not-found", "/livez", "/api/executions/x", "/nothing"} {
		a := b.send(t, http.MethodGet, path, nil)
		policy := a.Header.Get("Content-Security-Policy")
		_, scripts, _ := strings.Cut(policy, "script-src")
		scripts, _, _ = strings.Cut(scripts, ";")
		if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(scripts, "unsafe") {
			t.Errorf("%s: policy %q", path, policy)
		}
		if a.Header.Get("X-Content-Type-Options") != "nosniff" || a.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %v", path, a.Header)
		}
	}
}
