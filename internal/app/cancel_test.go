package app_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"peneira/internal/api/openapi"
	"peneira/internal/app/apptest"
)

// cancelAndRerun drives what is done to executions that are there.
func (c contract) cancelAndRerun(t *testing.T) {
	endless := c.Host(t, `let n = 0; function process() { while (true) { n++; } }`)
	var running, cancelled openapi.Execution
	c.Do(t, http.MethodPost, "/api/executions", `{"scriptId":"`+endless+`","data":1}`).Decode(t, &running)
	path := "/api/executions/" + running.ID.String()
	eventually(t, func() error {
		var now openapi.Execution
		c.get(t, path, http.StatusOK).Decode(t, &now)
		if now.Status != openapi.Running {
			return errNotRunning
		}
		return nil
	})
	a := c.Do(t, http.MethodPost, path+"/cancel", "")
	a.Decode(t, &cancelled)
	if a.Status != http.StatusOK || cancelled.Status != openapi.Cancelled || cancelled.CompletedAt == nil {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	c.Do(t, http.MethodPost, path+"/cancel", "").Problem(t, http.StatusConflict, "execution-ended")
	c.Do(t, http.MethodPost, "/api/executions/"+endless+"/cancel", "").Problem(t, http.StatusNotFound, "execution-not-found")
	c.Do(t, http.MethodPost, "/api/executions/x/cancel", "").Problem(t, http.StatusBadRequest, "invalid-parameter")

	script := c.Host(t, `const process = (d) => ["old", d]`)
	first := c.Run(t, script, `{"b":1,"a":2}`)
	c.Do(t, http.MethodPut, "/api/scripts/"+script, `{"name":"n","content":"const process = (d) => ['new', d]"}`)
	path = "/api/executions/" + first.ID.String() + "/rerun"
	for query, want := range map[string]string{
		"": `["old",{"b":1,"a":2}]`, "?version=same": `["old",{"b":1,"a":2}]`, "?version=current": `["new",{"b":1,"a":2}]`,
	} {
		a := c.Do(t, http.MethodPost, path+query, "", "Prefer", "wait=30")
		var again openapi.Execution
		a.Decode(t, &again)
		if a.Status != http.StatusOK || apptest.JSON(again.OutputData) != want || again.RerunOf == nil || *again.RerunOf != first.ID {
			t.Errorf("%s: %d %s", query, a.Status, a.Body)
		}
	}
	if a := c.Do(t, http.MethodPost, path, ""); a.Status != http.StatusAccepted {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	c.Do(t, http.MethodPost, path+"?version=next", "").Problem(t, http.StatusBadRequest, "invalid-parameter")
	c.Do(t, http.MethodPost, "/api/executions/"+script+"/rerun", "").Problem(t, http.StatusNotFound, "execution-not-found")
}

var errNotRunning = errors.New("the execution does not run yet")

// A cancelled run gives its sandbox back long before its time limit.
func TestCancelStopsTheRun(t *testing.T) {
	t.Parallel()
	url, pool := open(t)
	api := launch(t, url, "--role=api")
	launch(t, url, "--role=worker", "--sandboxes=1", "--time-limit=10m")
	endless := api.host(`let n = 0; function process() { while (true) { n++; } }`)
	id := api.execute(endless, 1)
	count(t, pool, 1, `SELECT count(*) FROM executions WHERE status = 'running'`)
	next := api.execute(api.host(`const process = (d) => d`), 2)
	begun := time.Now()
	api.post("/api/executions/"+id+"/cancel", nil, http.StatusOK)
	count(t, pool, 1, `SELECT count(*) FROM executions WHERE status = 'completed' AND id = '`+next+`'`)
	t.Logf("asked to cancel, and the next one done after %v", time.Since(begun).Round(time.Millisecond))
	count(t, pool, 0, `SELECT count(*) FROM river_job WHERE kind = 'execution' AND state <> 'completed'`)
}
