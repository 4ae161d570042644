package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"peneira/internal/load"
)

// stub answers as a server does whose script returns its data.
func stub(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodDelete:
			w.WriteHeader(http.StatusNoContent)
		case r.URL.Path == "/api/scripts":
			_, _ = w.Write([]byte(`{"id":"s"}`))
		default:
			_, _ = w.Write([]byte(`{"id":"x","status":"completed","outputData":[1]}`))
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRun(t *testing.T) {
	t.Parallel()
	url, script, data := stub(t), write(t, "s.js", "function process(d) { return d; }"), write(t, "d.json", "[1]")
	for name, test := range map[string]struct {
		args   []string
		code   int
		stdout string
		stderr string
	}{
		"good":            {[]string{"-count", "5"}, 0, "end to end       5", ""},
		"expected":        {[]string{"-count", "5", "-follow", "prefer", "-expected", data}, 0, "every output checked", ""},
		"wrong output":    {[]string{"-count", "5", "-expected", write(t, "e.json", "[2]")}, 1, "", "wrong output"},
		"no such file":    {[]string{"-data", "missing.json"}, 1, "", "missing.json"},
		"data not JSON":   {[]string{"-data", script}, 1, "", "not valid JSON"},
		"wrong flag":      {[]string{"-concurrency", "0"}, 2, "", "-concurrency is from 1"},
		"wrong follow":    {[]string{"-follow", "poll"}, 2, "", "-follow is get or prefer"},
		"arguments":       {[]string{"more"}, 2, "", "no arguments"},
		"negative rate":   {[]string{"-rate", "-1"}, 2, "", "-rate"},
		"no time":         {[]string{"-duration", "0s"}, 2, "", "-duration"},
		"help":            {[]string{"-h"}, 0, "", "-concurrency"},
		"server is away":  {[]string{"-url", "http://127.0.0.1:1"}, 1, "", "refused"},
		"open, with rate": {[]string{"-rate", "200", "-count", "5"}, 0, "open loop, 200/s", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			args := append([]string{"-url", url, "-script", script, "-data", data}, test.args...)
			code := run(t.Context(), args, func(string) string { return "" }, &stdout, &stderr)
			if code != test.code || !strings.Contains(stdout.String(), test.stdout) || !strings.Contains(stderr.String(), test.stderr) {
				t.Errorf("exit code %d\n%s%s", code, &stdout, &stderr)
			}
		})
	}
}

func TestRunAsJSON(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	args := []string{
		"-url", stub(t), "-script", write(t, "s.js", "x"), "-data", write(t, "d.json", "[1]"), "-count", "7", "-json",
	}
	if code := run(t.Context(), args, func(string) string { return "" }, &stdout, &stderr); code != 0 {
		t.Fatalf("%d: %s", code, &stderr)
	}
	var r load.Report
	if err := json.Unmarshal(stdout.Bytes(), &r); err != nil || r.Completed != 7 || r.Acknowledgement == nil {
		t.Errorf("%v: %s", err, &stdout)
	}
}
