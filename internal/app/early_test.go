package app_test

import (
	"fmt"
	"net/http"
	"testing"

	"peneira/internal/access"
	"peneira/internal/api/openapi"
	"peneira/internal/app/apptest"
	"peneira/internal/config"
)

// warm has a script run until its source and its current version are at hand.
func warm(t *testing.T, c *apptest.Client, script string) {
	t.Helper()
	for range 2 {
		c.Run(t, script, `[1]`)
	}
}

// nobodyTakes keeps workers from taking jobs of executions.
func nobodyTakes(t *testing.T, service *apptest.App) {
	t.Helper()
	sql(t, service, `CREATE FUNCTION nobody_takes() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`)
	sql(t, service, `CREATE TRIGGER nobody_takes BEFORE UPDATE ON river_job FOR EACH ROW
		WHEN (NEW.kind = 'execution' AND NEW.state = 'running') EXECUTE FUNCTION nobody_takes()`)
}

// An execution that is accepted while a sandbox is idle runs at once, and is over before the queue has come to its job.
func TestRunsEarlyWhenASandboxIsIdle(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t)
	c := apptest.NewClient(t, service.URL)
	script := c.Host(t, double)
	warm(t, c, script)
	nobodyTakes(t, service)
	for i, prefer := range []string{"wait=60", ""} {
		a := c.Do(t, http.MethodPost, "/api/executions", fmt.Sprintf(`{"scriptId":%q,"data":[21]}`, script), "Prefer", prefer)
		var e openapi.Execution
		a.Decode(t, &e)
		c.Do(t, http.MethodGet, "/api/executions/"+e.ID.String()+"?wait=60", "").Decode(t, &e)
		if apptest.JSON(e.OutputData) != "[42]" || string(e.Status) != "completed" || e.Attempt != 1 {
			t.Errorf("%d: %s: %+v", i, a.Body, e)
		}
	}
	count(t, service.Pool, 2, `SELECT count(*) FROM river_job j JOIN executions e ON j.args ->> 'execution_id' = e.id::text
		WHERE e.input_json::text = '[21]' AND j.state = 'completed' AND j.attempt = 1 AND cardinality(j.attempted_by) = 1
		  AND j.finalized_at IS NOT NULL AND e.attempt = 1`)
}

// A quick run is over before its execution is accepted, and written with it; and it counts as in flight no longer when its client
// is answered.
func TestEndsBeforeItIsAccepted(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t)
	c := apptest.NewClient(t, service.URL)
	_, c.Key = service.MakeKey(t, []access.Scope{access.Admin}, func(d *access.Draft) { d.Limits.ExecutionsInFlight = 1 })
	eventually(t, func() error { return usable(t, c) })
	script := c.Host(t, double)
	const whole = `SELECT count(*) FROM river_job j JOIN executions e ON j.args ->> 'execution_id' = e.id::text
		WHERE j.attempted_at = e.started_at AND e.queue_time_ms = 0 AND e.output_json::text = '[42]'`
	for range 300 {
		a := c.Do(t, http.MethodPost, "/api/executions", fmt.Sprintf(`{"scriptId":%q,"data":[21]}`, script), "Prefer", "wait=60")
		var e openapi.Execution
		a.Decode(t, &e)
		if a.Status != http.StatusOK || apptest.JSON(e.OutputData) != "[42]" {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		var n int
		if err := service.Pool.QueryRow(t.Context(), whole).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			return
		}
	}
	t.Error("none was written at once")
}

// What has just been hosted as a new version is what runs, though a run of the one before may have begun.
func TestRunsEarlyAsTheCurrentVersion(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t)
	c := apptest.NewClient(t, service.URL)
	script := c.Host(t, double)
	warm(t, c, script)
	for version := 2; version < 6; version++ {
		source := fmt.Sprintf("function process() { return %d }", version)
		if a := c.Do(t, http.MethodPut, "/api/scripts/"+script, fmt.Sprintf(`{"name":"x","content":%q}`, source)); a.Status != http.StatusOK {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		for range 3 {
			if got := apptest.JSON(c.Run(t, script, `[1]`).OutputData); got != fmt.Sprint(version) {
				t.Errorf("version %d gave %s", version, got)
			}
		}
	}
}

// A queue that was paused in River UI stays so for what could run at once.
func TestRunsNothingInAPausedQueue(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t)
	c := apptest.NewClient(t, service.URL)
	script := c.Host(t, double)
	warm(t, c, script)
	pause := func(action string) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, service.URL+"/riverui/api/queues/executions/"+action, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if _ = response.Body.Close(); response.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", action, response.Status)
		}
	}
	pause("pause")
	// A worker hears of it in a moment. What it fetches until then it may run.
	var e openapi.Execution
	eventually(t, func() error {
		a := c.Do(t, http.MethodPost, "/api/executions", fmt.Sprintf(`{"scriptId":%q,"data":[21]}`, script), "Prefer", "wait=1")
		a.Decode(t, &e)
		if a.Status != http.StatusAccepted || string(e.Status) != "pending" {
			return fmt.Errorf("%d %s", a.Status, a.Body)
		}
		return nil
	})
	pause("resume")
	c.Do(t, http.MethodGet, "/api/executions/"+e.ID.String()+"?wait=60", "").Decode(t, &e)
	if apptest.JSON(e.OutputData) != "[42]" {
		t.Errorf("%+v", e)
	}
}

// A client that waits is told when a crash of the database has forgotten what it posted: nobody has acknowledged it.
func TestWhoWaitsIsToldWhatWasForgotten(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t, func(cfg *config.Config) { cfg.Role = config.RoleAPI })
	c := apptest.NewClient(t, service.URL)
	script := c.Host(t, double)
	answer := make(chan apptest.Answer, 1)
	go func() {
		answer <- c.Do(t, http.MethodPost, "/api/executions", fmt.Sprintf(`{"scriptId":%q,"data":[21]}`, script), "Prefer", "wait=2")
	}()
	count(t, service.Pool, 1, `SELECT count(*) FROM executions`)
	sql(t, service, `ALTER TABLE river_job DISABLE TRIGGER USER`)
	sql(t, service, `DELETE FROM river_job WHERE kind = 'execution'`)
	sql(t, service, `DELETE FROM executions`)
	a := <-answer
	a.Problem(t, http.StatusServiceUnavailable, "database-unavailable")
	if a.Header.Get("Retry-After") == "" {
		t.Errorf("%v", a.Header)
	}
}
