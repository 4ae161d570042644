package app_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"peneira/internal/access"
	"peneira/internal/api/openapi"
	"peneira/internal/app/apptest"
)

// access drives every operation to what it answers to those who have no key, one that does not allow it, and one that has
// used up its requests. From here on the service asks for a key.
func (c contract) access(t *testing.T) {
	made := c.makeKey(t, `{"name":"root","scopes":["admin"]}`)
	c.Do(t, http.MethodGet, "/api/keys", "").Problem(t, http.StatusUnauthorized, "not-signed-in")
	c.Key = made.Key
	c.keys(t)
	c.audit(t)

	none := c.makeKey(t, `{"name":"scraper","scopes":["metrics:read"]}`)
	read := c.makeKey(t, `{"name":"reader","scopes":["scripts:read"]}`)
	drained := c.makeKey(t, `{"name":"drained","scopes":["admin"],"requestsPerSecond":1}`)
	for _, o := range c.Operations() {
		if len(o.Scopes) == 0 {
			continue
		}
		path := strings.NewReplacer("{id}", uuid.NewString(), "{scriptId}", uuid.NewString()).Replace(o.Path)
		a := c.Do(t, o.Method, path, "", "Authorization", "Bearer "+access.NewToken(access.TokenPrefix))
		a.Problem(t, http.StatusUnauthorized, "key-not-valid")
		if a.Header.Get("WWW-Authenticate") != `Bearer realm="peneira", error="invalid_token"` {
			t.Errorf("%s: challenged with %q", o.Path, a.Header.Get("WWW-Authenticate"))
		}
		other := none.Key
		if slices.Contains(o.Scopes, string(access.MetricsRead)) {
			other = read.Key
		}
		a = c.Do(t, o.Method, path, "", "Authorization", "Bearer "+other)
		a.Problem(t, http.StatusForbidden, "scope-missing")
		if want := `scope="` + strings.Join(o.Scopes, " ") + `"`; !strings.Contains(a.Header.Get("WWW-Authenticate"), want) {
			t.Errorf("%s: challenged with %q, want %s", o.Path, a.Header.Get("WWW-Authenticate"), want)
		}
		c.refusedWhenDrained(t, o, path, drained.Key)
	}
	health := c.Do(t, http.MethodGet, "/health", "", "Accept", "application/json", "Authorization", "none")
	health.Problem(t, http.StatusUnauthorized, "key-not-valid")
}

// refusedWhenDrained sends requests until one is refused: the first may find the bucket filled again. Each follows on one that
// is quick, since some take longer than the bucket needs to fill.
func (c contract) refusedWhenDrained(t *testing.T, o apptest.Operation, path, key string) {
	t.Helper()
	for range 10 {
		c.Do(t, http.MethodGet, "/api/scripts", "", "Authorization", "bearer "+key)
		a := c.Do(t, o.Method, path, "", "Authorization", "bearer "+key)
		if a.Status != http.StatusTooManyRequests {
			continue
		}
		a.Problem(t, http.StatusTooManyRequests, "rate-limited")
		if wait, err := strconv.Atoi(a.Header.Get("Retry-After")); err != nil || wait != 1 || a.Header.Get("RateLimit-Remaining") != "0" ||
			a.Header.Get("RateLimit-Limit") != "1" || a.Header.Get("RateLimit-Policy") != "1;w=1" {
			t.Errorf("%s %s: %v", o.Method, o.Path, a.Header)
		}
		return
	}
	t.Errorf("%s %s is not limited", o.Method, o.Path)
}

func (c contract) makeKey(t *testing.T, draft string) openapi.NewKey {
	t.Helper()
	a := c.Do(t, http.MethodPost, "/api/keys", draft)
	var made openapi.NewKey
	a.Decode(t, &made)
	if a.Status != http.StatusCreated || a.Header.Get("Location") != "/api/keys/"+made.ID.String() || !strings.HasPrefix(made.Key, made.Hint) {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	return made
}

func (c contract) keys(t *testing.T) {
	t.Helper()
	made := c.makeKey(t, `{"name":"spare","scopes":["executions:read","scripts:read"],"expiresAt":"2999-01-31T00:00:00Z","executionsInFlight":7,"requestsPerSecond":null}`)
	path := "/api/keys/" + made.ID.String()
	var got openapi.Key
	c.get(t, path, http.StatusOK).Decode(t, &got)
	if got.Name != "spare" || len(got.Scopes) != 2 || *got.ExecutionsInFlight != 7 || got.RequestsPerSecond != nil || got.RevokedAt != nil || got.ExpiresAt == nil {
		t.Errorf("%+v", got)
	}
	for range 2 { // the second changes nothing
		if a := c.Do(t, http.MethodDelete, path, ""); a.Status != http.StatusNoContent {
			t.Errorf("%d %s", a.Status, a.Body)
		}
	}
	c.Do(t, http.MethodGet, "/api/scripts", "", "Authorization", "Bearer "+made.Key).Problem(t, http.StatusUnauthorized, "key-not-valid")
	list := c.get(t, "/api/keys", http.StatusOK)
	var keys []openapi.Key
	list.Decode(t, &keys)
	if len(keys) != 2 || keys[0].RevokedAt == nil || keys[1].RevokedAt != nil || strings.Contains(string(list.Body), made.Key) {
		t.Errorf("%s", list.Body)
	}
	nobody := "/api/keys/" + uuid.NewString()
	c.get(t, nobody, http.StatusNotFound).Problem(t, http.StatusNotFound, "key-not-found")
	c.Do(t, http.MethodDelete, nobody, "").Problem(t, http.StatusNotFound, "key-not-found")
	c.get(t, "/api/keys/x", http.StatusBadRequest)
	c.Do(t, http.MethodDelete, "/api/keys/x", "").Problem(t, http.StatusBadRequest, "invalid-parameter")
	for _, draft := range []string{
		`{"name":" ","scopes":["admin"]}`, `{"name":"n","scopes":[]}`, `{"name":"n","scopes":["root"]}`, `{"name":"n\n","scopes":["admin"]}`,
		`{"name":"n","scopes":["admin"],"expiresAt":"2001-01-31T00:00:00Z"}`,
	} {
		c.Do(t, http.MethodPost, "/api/keys", draft).Problem(t, http.StatusBadRequest, "invalid-key")
	}
	for _, draft := range []string{
		`{"name":"n"}`, `{"name":"n","scopes":"admin"}`, `{"name":"n","scopes":["admin"],"expiresAt":1}`, `{"name":"n","scopes":["admin"],"requestsPerSecond":0}`,
		`{"name":"n","scopes":["admin"],"key":"mine"}`,
	} {
		c.Do(t, http.MethodPost, "/api/keys", draft).Problem(t, http.StatusBadRequest, "invalid-request")
	}
	c.Do(t, http.MethodPost, "/api/keys", strings.Repeat(" ", 1<<20)).Problem(t, http.StatusRequestEntityTooLarge, "body-too-large")
	c.Do(t, http.MethodPost, "/api/keys", `{}`, "Content-Type", "text/plain").Problem(t, http.StatusUnsupportedMediaType, "unsupported-media-type")
}

func (c contract) audit(t *testing.T) {
	t.Helper()
	id := c.Host(t, double)
	c.Run(t, id, "[1]")
	var entries []openapi.AuditEntry
	at := func(from time.Duration) string { return time.Now().Add(from).UTC().Format(time.RFC3339) }
	for path := "/api/audit?size=1&from=" + at(-time.Hour) + "&to=" + at(time.Hour); path != "" && len(entries) < 3; {
		a := c.get(t, path, http.StatusOK)
		var page []openapi.AuditEntry
		a.Decode(t, &page)
		entries = append(entries, page...)
		path = next(a)
	}
	if entries[0].Action != "execution.run" || entries[1].Action != "script.host" || entries[1].Subject != id || entries[1].KeyID == nil ||
		entries[1].Address == nil || *entries[1].Address != "127.0.0.1" || entries[1].RequestID == "" || entries[2].Action != "key.revoke" {
		t.Errorf("%+v", entries)
	}
	a := c.get(t, "/api/audit?action=script.host&subject="+id+"&keyId="+entries[1].KeyID.String(), http.StatusOK)
	a.Decode(t, &entries)
	if len(entries) != 1 || entries[0].Subject != id {
		t.Errorf("%s", a.Body)
	}
	for _, wrong := range []string{"keyId=x", "size=0", "cursor=x", "from=2026-01-31T00:00:00Z&to=2026-01-31T00:00:00Z", "payload=yes"} {
		c.get(t, "/api/audit?"+wrong, http.StatusBadRequest).Problem(t, http.StatusBadRequest, "invalid-parameter")
	}
}
