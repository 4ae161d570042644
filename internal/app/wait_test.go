package app_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"peneira/internal/api/openapi"
	"peneira/internal/app/apptest"
	"peneira/internal/config"
)

// waiting drives the operations that can wait for the end of an execution.
func (c contract) waiting(t *testing.T) {
	for path, body := range map[string]string{
		"/api/executions":                       `{"scriptId":"` + c.script + `","data":[21]}`,
		"/api/scripts/" + c.script + "/execute": `{"inputData":[21]}`,
	} {
		a := c.Do(t, http.MethodPost, path, body, "Prefer", "respond-async, wait=30")
		var ended openapi.Execution
		a.Decode(t, &ended)
		if a.Status != http.StatusOK || a.Header.Get("Preference-Applied") != "wait=30" || apptest.JSON(ended.OutputData) != "[42]" ||
			ended.InputData != nil || a.Header.Get("Location") != "/api/executions/"+ended.ID.String() {
			t.Errorf("%d %v %s", a.Status, a.Header, a.Body)
		}
		if a := c.get(t, "/api/executions/"+ended.ID.String()+"?wait=60", http.StatusOK); a.Header.Get("Preference-Applied") != "" {
			t.Errorf("GET: %v", a.Header)
		}
	}
	for prefer, applied := range map[string]string{"wait=0": "wait=0", "WAIT=0; x=y": "wait=0", "wait=-1": "", "wait": "", "return=minimal": ""} {
		a := c.Do(t, http.MethodPost, "/api/executions", `{"scriptId":"`+c.script+`","data":[1]}`, "Prefer", prefer)
		if a.Header.Get("Preference-Applied") != applied || a.Status != http.StatusAccepted && a.Status != http.StatusOK {
			t.Errorf("Prefer: %s: %d %v", prefer, a.Status, a.Header)
		}
	}
	for _, wrong := range []string{"-1", "61", "x", "1.5", ""} {
		c.get(t, "/api/executions/"+c.script+"?wait="+wrong, http.StatusBadRequest).Problem(t, http.StatusBadRequest, "invalid-parameter")
	}
	c.get(t, "/api/executions/"+c.script+"?wait=5", http.StatusNotFound).Problem(t, http.StatusNotFound, "execution-not-found")
}

// However many wait, they are woken when another process ends the execution, and it takes one connection.
func TestManyWaitForAnotherProcess(t *testing.T) {
	t.Parallel()
	url, pool := open(t)
	api := launch(t, url, "--role=api")
	worker := launch(t, url, "--role=worker")
	_ = worker
	id := api.execute(api.host(busyFor(700)), 1)
	var connections int
	var wg sync.WaitGroup
	const waiters = 200
	for range waiters {
		wg.Go(func() {
			response, err := http.Get(api.url + "/api/executions/" + id + "?wait=60")
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = response.Body.Close() }()
			if response.StatusCode != http.StatusOK {
				t.Errorf("answered %s", response.Status)
			}
		})
	}
	if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()`).Scan(&connections); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	if connections > 60 {
		t.Errorf("%d connections while %d waited", connections, waiters)
	}
	count(t, pool, 1, `SELECT count(*) FROM executions WHERE status = 'completed'`)
}

// A wait ends with the state as it is when time is up, and when the server stops.
func TestWaitEndsInTime(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t, func(cfg *config.Config) { cfg.ShutdownTime = 0 })
	c := apptest.NewClient(t, service.URL)
	script := c.Host(t, busyFor(4000))
	a := c.Do(t, http.MethodPost, "/api/executions", fmt.Sprintf(`{"scriptId":%q,"data":1}`, script), "Prefer", "wait=1")
	if a.Status != http.StatusAccepted || a.Header.Get("Preference-Applied") != "wait=1" {
		t.Fatalf("%d %v %s", a.Status, a.Header, a.Body)
	}
	var running openapi.Execution
	a.Decode(t, &running)
	answered := make(chan int, 1)
	go func() {
		response, err := http.Get(service.URL + "/api/executions/" + running.ID.String() + "?wait=60")
		if err != nil {
			answered <- 0
			return
		}
		_ = response.Body.Close()
		answered <- response.StatusCode
	}()
	// The request is on its way; whether the stop meets it before or during its wait, it is answered or refused at once.
	begun := time.Now()
	if err := service.Stop(); err != nil {
		t.Error(err)
	}
	if status := <-answered; status != http.StatusOK && status != 0 {
		t.Errorf("answered %d", status)
	}
	if took := time.Since(begun); took > 30*time.Second {
		t.Errorf("the stop took %v", took)
	}
}
