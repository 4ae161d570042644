package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// setup writes an example whose expected result is want and starts a server that answers as Peneira does: the
// execution is running at the first look and has ended, with the given status and output, at the second.
// It returns the flags that name both.
func setup(t *testing.T, want, status, output string) []string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "case")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"script.js": "const process = (data) => data;", "data.json": `[{"a":1}]`, "expected.json": want,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /api/scripts", func(w http.ResponseWriter, r *http.Request) {
		var draft map[string]string
		if err := json.NewDecoder(r.Body).Decode(&draft); err != nil || draft["content"] == "" || draft["name"] != "Case (demo)" {
			t.Errorf("hosted %v: %v", draft, err)
		}
		w.WriteHeader(http.StatusCreated)
		fmt.Fprint(w, `{"id":"s1","version":1}`)
	})
	mux.HandleFunc("POST /api/executions", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if got := string(body); err != nil || got != `{"scriptId":"s1","data":[{"a":1}]}` {
			t.Errorf("posted %s: %v", got, err)
		}
		if r.Header.Get("Authorization") != "Bearer secret" {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"detail":"Send an API key."}`)
			return
		}
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprint(w, `{"id":"e1","status":"pending","startedAt":null,"completedAt":null,"outputData":null}`)
	})
	looks := 0
	mux.HandleFunc("GET /api/executions/e1", func(w http.ResponseWriter, _ *http.Request) {
		looks++
		if looks%2 == 1 {
			fmt.Fprint(w, `{"id":"e1","status":"running"}`)
			return
		}
		fmt.Fprintf(w, `{"id":"e1","status":%q,"outputData":%s,"errorMessage":"TypeError: x","createdAt":"2026-01-02T03:04:05.000001Z",
			"startedAt":"2026-01-02T03:04:05.001501Z","completedAt":"2026-01-02T03:04:05.003001Z","executionTimeUs":420}`, status, output)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return []string{"-url", server.URL + "/", "-dir", dir, "-wait", "5s"}
}

func runWith(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	getenv := func(name string) string { return map[string]string{"PENEIRA_API_KEY": "secret"}[name] }
	code = run(context.Background(), args, getenv, &out, &errs)
	return code, out.String(), errs.String()
}

func TestShowsRowsAndTimes(t *testing.T) {
	t.Parallel()
	output := `[{"quarter":"20231","nomeBandeira":"VISA","valorTotal":1234567.5},{"quarter":"20232","nomeBandeira":"Elo","valorTotal":-2.25}]`
	flags := setup(t, " "+output+"\n", "completed", output)
	code, stdout, stderr := runWith(flags...)
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	for _, want := range []string{
		"│         │ nome     │              │\n",
		"│ quarter │ Bandeira │   valorTotal │\n",
		"│ 20231   │ VISA     │ 1,234,567.50 │\n",
		"│ 20232   │ Elo      │        -2.25 │\n",
		"waited 1.50 ms in the queue",
		"ran 0.42 ms in the sandbox",
		"OK the result is the expected one",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is missing in:\n%s", want, stdout)
		}
	}
}

func TestRepeatPrintsPercentiles(t *testing.T) {
	t.Parallel()
	flags := setup(t, "[1]", "completed", "[1]")
	code, stdout, stderr := runWith(append(flags, "-repeat", "5")...)
	if code != 0 || !strings.Contains(stdout, "5 runs") || !strings.Contains(stdout, "p99") {
		t.Errorf("exit code %d, %s%s", code, stdout, stderr)
	}
}

func TestFails(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name           string
		want           string
		status, output string
		flags          []string
		code           int
		says           string
	}{
		{"other number", `[{"a":1}]`, "completed", `[{"a":2}]`, nil, 1, "-     \"a\": 1\n+     \"a\": 2\n"},
		{"other order of keys", `{"a":1,"b":2}`, "completed", `{"b":2,"a":1}`, nil, 1, "+   \"b\": 2,"},
		{"number written otherwise", `[1]`, "completed", `[1.0]`, nil, 1, "+   1.0"},
		{"failed execution", `[1]`, "failed", "null", nil, 1, "execution e1 failed: TypeError: x"},
		{"no key", `[1]`, "completed", "[1]", []string{"-key", ""}, 1, "401 Unauthorized: Send an API key."},
		{"no server", `[1]`, "completed", "[1]", []string{"-url", "http://127.0.0.1:1", "-wait", "60ms"}, 1, "make run"},
		{"no directory", `[1]`, "completed", "[1]", []string{"-dir", "nowhere"}, 1, "an example needs script.js"},
		{"unknown flag", `[1]`, "completed", "[1]", []string{"-nope"}, 2, "-nope"},
		{"no runs", `[1]`, "completed", "[1]", []string{"-repeat", "0"}, 2, "-repeat is at least 1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := runWith(append(setup(t, test.want, test.status, test.output), test.flags...)...)
			if said := stdout + stderr; code != test.code || !strings.Contains(said, test.says) {
				t.Errorf("exit code %d and not %d, or %q is missing in:\n%s", code, test.code, test.says, said)
			}
		})
	}
}

func TestNotATable(t *testing.T) {
	t.Parallel()
	for _, result := range []string{`{"a":1}`, `[]`, `[1]`, `[{"a":[]}]`, `[{}]`, `null`} {
		if _, ok := readTable([]byte(result)); ok {
			t.Errorf("%s was taken for a table", result)
		}
	}
}

func TestCellsDoNotReachTheTerminalRaw(t *testing.T) {
	t.Parallel()
	if got := shownCell([]byte(`"a\u001b[2Jb"`), 0, false); got != "a·[2Jb" {
		t.Errorf("shown as %q", got)
	}
}

func TestDiff(t *testing.T) {
	t.Parallel()
	got := diff(strings.Split("a b c d", " "), strings.Split("a x c d e", " "))
	if want := []string{"- b", "+ x", "+ e"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPercentile(t *testing.T) {
	t.Parallel()
	times := []time.Duration{1, 2, 3, 4}
	for share, want := range map[float64]time.Duration{0: 1, 0.5: 2, 0.51: 3, 0.99: 4, 1: 4} {
		if got := percentile(times, share); got != want {
			t.Errorf("at %v: %d, want %d", share, got, want)
		}
	}
}

func TestServerURL(t *testing.T) {
	t.Parallel()
	for listen, want := range map[string]string{
		"": "http://127.0.0.1:5000", "nonsense": "http://127.0.0.1:5000", "127.0.0.1:5001": "http://127.0.0.1:5001",
		":80": "http://127.0.0.1:80", "0.0.0.0:5000": "http://127.0.0.1:5000", "[::]:1": "http://127.0.0.1:1", "db.example:1": "http://db.example:1",
	} {
		if got := serverURL(listen); got != want {
			t.Errorf("%q: %s, not %s", listen, got, want)
		}
	}
}
