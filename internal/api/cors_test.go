package api

import (
	"net/http"
	"strings"
	"testing"
)

func TestOtherSitesAreKeptOutUnlessListed(t *testing.T) {
	t.Parallel()
	none := setup(t)
	listed := setup(t, func(c *Config) { c.Origins = []string{"https://app.example"} })
	const draft = `{"name":"n","content":"c"}`
	for name, c := range map[string]struct {
		b              *bundle
		method, origin string
		asks           string // the method that a preflight asks for
		status         int
		allowed        string
	}{
		"none listed":               {none, "POST", "https://app.example", "", http.StatusForbidden, ""},
		"none listed, preflight":    {none, "OPTIONS", "https://app.example", "POST", http.StatusMethodNotAllowed, ""},
		"listed":                    {listed, "POST", "https://app.example", "", http.StatusCreated, "https://app.example"},
		"listed, preflight":         {listed, "OPTIONS", "https://app.example", "POST", http.StatusNoContent, "https://app.example"},
		"another":                   {listed, "POST", "https://evil.example", "", http.StatusForbidden, ""},
		"another, preflight":        {listed, "OPTIONS", "https://evil.example", "POST", http.StatusMethodNotAllowed, ""},
		"listed host, other scheme": {listed, "POST", "http://app.example", "", http.StatusForbidden, ""},
		"null":                      {listed, "POST", "null", "", http.StatusForbidden, ""},
		"a program":                 {listed, "POST", "", "", http.StatusCreated, ""},
	} {
		headers := []string{}
		if c.origin != "" {
			headers = append(headers, "Origin", c.origin, "Sec-Fetch-Site", "cross-site")
		}
		if c.asks != "" {
			headers = append(headers, "Access-Control-Request-Method", c.asks)
		}
		a := c.b.send(t, c.method, "/api/scripts", strings.NewReader(draft), headers...)
		if a.StatusCode != c.status || a.Header.Get("Access-Control-Allow-Origin") != c.allowed {
			t.Errorf("%s: %d, allowed %q", name, a.StatusCode, a.Header.Get("Access-Control-Allow-Origin"))
		}
		if a.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: cookies are let through", name)
		}
	}
}
