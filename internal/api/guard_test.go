package api

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestGuardRefusesWhatForeignPagesSend(t *testing.T) {
	t.Parallel()
	local := setup(t, func(c *Config) { c.LoopbackOnly = true }).api
	public := setup(t, func(c *Config) { c.Hosts = []string{"peneira.example"} }).api
	for name, c := range map[string]struct {
		server       http.Handler
		method, host string
		header       map[string]string
		want         int
	}{
		"program":                     {local, "POST", "127.0.0.1:5000", nil, http.StatusCreated},
		"localhost":                   {local, "POST", "localhost:5000", nil, http.StatusCreated},
		"without a port":              {local, "POST", "localhost", nil, http.StatusCreated},
		"IPv6":                        {local, "POST", "[::1]:5000", nil, http.StatusCreated},
		"IPv6 without a port":         {local, "POST", "[::1]", nil, http.StatusCreated},
		"own page":                    {local, "POST", "127.0.0.1:5000", map[string]string{"Sec-Fetch-Site": "same-origin"}, http.StatusCreated},
		"own page, older browser":     {local, "POST", "127.0.0.1:5000", map[string]string{"Origin": "http://127.0.0.1:5000"}, http.StatusCreated},
		"rebound name":                {local, "GET", "evil.example:5000", nil, http.StatusMisdirectedRequest},
		"rebound name, with loopback": {local, "GET", "127.0.0.1.evil.example", nil, http.StatusMisdirectedRequest},
		"no host":                     {local, "GET", "", nil, http.StatusMisdirectedRequest},
		"foreign page":                {local, "POST", "127.0.0.1:5000", map[string]string{"Sec-Fetch-Site": "cross-site"}, http.StatusForbidden},
		"foreign page, older browser": {local, "POST", "127.0.0.1:5000", map[string]string{"Origin": "http://evil.example"}, http.StatusForbidden},
		"page of another port":        {local, "POST", "127.0.0.1:5000", map[string]string{"Origin": "http://127.0.0.1:8080"}, http.StatusForbidden},
		"foreign page that reads":     {local, "GET", "127.0.0.1:5000", map[string]string{"Sec-Fetch-Site": "cross-site"}, http.StatusOK},
		"behind a proxy":              {public, "POST", "peneira.example", nil, http.StatusCreated},
		"named in capitals":           {public, "POST", "Peneira.Example:443", nil, http.StatusCreated},
		"address of a pod":            {public, "GET", "10.1.2.3:5000", nil, http.StatusOK},
		"address of a pod, IPv6":      {public, "GET", "[fd00::1]:5000", nil, http.StatusOK},
		"own machine":                 {public, "GET", "localhost:5000", nil, http.StatusOK},
		"rebound name, no keys": {public, "POST", "evil.example", map[string]string{
			"Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin",
		}, http.StatusMisdirectedRequest},
		"rebound name like ours":  {public, "GET", "peneira.example.evil.example", nil, http.StatusMisdirectedRequest},
		"behind a proxy, foreign": {public, "POST", "peneira.example", map[string]string{"Origin": "http://evil.example"}, http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := "/livez"
			if c.method == http.MethodPost {
				path = "/api/scripts"
			}
			request := httptest.NewRequest(c.method, path, strings.NewReader(`{"name":"n","content":"c"}`))
			request.Host = c.host
			request.Header.Set("Content-Type", "application/json")
			for name, value := range c.header {
				request.Header.Set(name, value)
			}
			recorder := httptest.NewRecorder()
			c.server.ServeHTTP(recorder, request)
			if recorder.Code != c.want {
				t.Errorf("%d %s, want %d", recorder.Code, recorder.Body, c.want)
			}
			if c.want >= 400 && recorder.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("answered as %s", recorder.Header().Get("Content-Type"))
			}
		})
	}
}
