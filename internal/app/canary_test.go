package app_test

import (
	"archive/tar"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"peneira/internal/api/openapi"
	"peneira/internal/app/apptest"
	"peneira/internal/config"
)

// No payload is in anything that the service writes for its operators, whatever happens to it.
func TestPayloadsAreNowhereButInTheirColumns(t *testing.T) {
	t.Parallel()
	const canary = "canary7f3a9"
	received := &receiver{}
	traces := httptest.NewServer(received)
	defer traces.Close()
	var settings config.Config
	service := apptest.Start(t, func(cfg *config.Config) {
		cfg.LogLevel, cfg.LogFile, cfg.OTLPEndpoint = "debug", "on", traces.URL
		settings = *cfg
	})
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
	var made openapi.Backup
	c.Do(t, http.MethodPost, "/api/backup/logs", "").Decode(t, &made)
	var queue string
	if err := service.Pool.QueryRow(t.Context(), `SELECT coalesce(string_agg(j::text, ' '), '') FROM river_job j`).Scan(&queue); err != nil {
		t.Fatal(err)
	}
	if err := service.Stop(); err != nil { // sends the last traces
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(settings.LogDir(), "all.log"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ text, holds string }{ // holds: so that there is something to look through
		"the log":             {service.Log.String(), "database is up to date"},
		"the log file":        {string(file), "database is up to date"},
		"the archive of logs": {unpacked(t, made.BackupPath), "database is up to date"},
		"the answers":         {answers.String(), "requestId"},
		"the metrics":         {string(metrics.Body), "peneira_executions_accepted_total"},
		"the queue":           {queue, "execution_id"},
		"the traces":          {received.text(), "peneira.execution.id"},
	} {
		text := c.text
		if !strings.Contains(text, c.holds) {
			t.Errorf("%s: there is nothing to look through", name)
		}
		if at := strings.Index(text, canary); at >= 0 {
			t.Errorf("%s: %s", name, text[max(0, at-200):min(len(text), at+100)])
		}
	}
}

// unpacked returns the contents of all files of a compressed archive.
func unpacked(t *testing.T, path string) string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	compressed, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	archive := tar.NewReader(compressed)
	for {
		if _, err := archive.Next(); err != nil {
			return all.String() // io.EOF, or less than is looked for
		}
		if _, err := io.Copy(&all, archive); err != nil {
			t.Fatal(err)
		}
	}
}
