package app_test

import (
	"net/http"
	"strings"
	"testing"

	"peneira/internal/app/apptest"
	"peneira/internal/config"
)

// No payload is in anything that the service writes for its operators, whatever happens to it.
func TestPayloadsAreNowhereButInTheirColumns(t *testing.T) {
	t.Parallel()
	const canary = "canary7f3a9"
	service := apptest.Start(t, func(cfg *config.Config) { cfg.LogLevel = "debug" })
	c := apptest.NewClient(t, service.URL)
	var answers strings.Builder
	script := c.Host(t, `function process(d) {
		console.log(d);
		if (d.fail) throw new Error(d.text);
		if (d.loop) for (;;);
		return d;
	}`)
	for _, data := range []string{
		`{"text":"` + canary + `"}`, `{"text":"` + canary + `","fail":1}`, `{"text":"` + canary + `","loop":1}`,
		`{"` + canary + `":"\u0000\ud800"}`, `{"text":"` + canary + `","n":1e400}`,
	} {
		c.Run(t, script, data)
	}
	for _, body := range []string{
		`{"scriptId":"` + script + `","data":{"a":"` + canary + `"`,
		`{"scriptId":"` + script + `","data":["` + canary + `" x]}`,
		`{"scriptId":"` + script + `","data":"` + canary + `","version":99}`,
		`{"scriptId":"` + canary + `","data":"` + canary + `"}`,
		`{"scriptId":"` + script + `","data":` + strings.Repeat("[", 1001) + `"` + canary + `"`,
	} {
		a := c.Do(t, http.MethodPost, "/api/executions", body)
		if a.Status < http.StatusBadRequest {
			t.Errorf("%d: %.100s", a.Status, body)
		}
		answers.Write(a.Body)
	}
	metrics := c.Do(t, http.MethodGet, "/metrics", "")
	var queue string
	if err := service.Pool.QueryRow(t.Context(), `SELECT coalesce(string_agg(j::text, ' '), '') FROM river_job j`).Scan(&queue); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(queue, "execution_id") || !strings.Contains(service.Log.String(), "database is up to date") {
		t.Error("there is nothing to look through")
	}
	for name, text := range map[string]string{
		"the log": service.Log.String(), "the answers": answers.String(), "the metrics": string(metrics.Body), "the queue": queue,
	} {
		if at := strings.Index(text, canary); at >= 0 {
			t.Errorf("%s: %s", name, text[max(0, at-200):min(len(text), at+100)])
		}
	}
}
