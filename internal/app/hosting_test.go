//go:build unix

package app_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"peneira/internal/app/apptest"
	"peneira/internal/config"
)

// Hosting a script does not wait for all executions that are queued.
func TestHostingGoesBeforeExecutions(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t, func(cfg *config.Config) { cfg.Sandboxes, cfg.TimeLimit = 1, time.Second })
	c := apptest.NewClient(t, service.URL)
	script := c.Host(t, neverEnding)
	const number = 15
	for range number {
		c.Accept(t, script, "1")
	}
	count(t, service.Pool, 1, running)
	c.Host(t, `function process() { return 1 }`)
	// While it waited for the one that ran, another one may have begun and ended at most.
	if ended := len(strs(t, service.Pool, `SELECT id::text FROM executions WHERE status = 'failed'`)); ended > number/2 {
		t.Errorf("it waited for %d executions", ended)
	}
}

// When every sandbox stays busy, whoever hosts a script is told to come again.
func TestHostingDoesNotWaitForever(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t, func(cfg *config.Config) { cfg.Sandboxes, cfg.TimeLimit = 1, 10*time.Minute })
	c := apptest.NewClient(t, service.URL)
	id := c.Accept(t, c.Host(t, neverEnding), "1")
	count(t, service.Pool, 1, running)
	draft, err := json.Marshal(map[string]string{"name": "s", "content": `function process() { return 1 }`})
	if err != nil {
		t.Fatal(err)
	}
	a := c.Do(t, http.MethodPost, "/api/scripts", string(draft))
	a.Problem(t, http.StatusServiceUnavailable, "sandbox-busy")
	if a.Header.Get("Retry-After") == "" {
		t.Error("it does not say when to try again")
	}
	c.Do(t, http.MethodPost, "/api/executions/"+id+"/cancel", "")
}
