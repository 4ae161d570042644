package load_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"peneira/internal/app/apptest"
	"peneira/internal/load"
)

// setup runs the service and hosts a script that doubles its data.
func setup(t *testing.T, source string) load.Config {
	t.Helper()
	a := apptest.Start(t)
	client := load.NewClient(a.URL, "", 20*time.Second, 8)
	t.Cleanup(client.Close)
	script, err := client.Host(t.Context(), "load", source)
	if err != nil {
		t.Fatal(err)
	}
	return load.Config{
		Client: client, Script: script, Data: []byte("[1, 2]"), Follow: load.Prefer,
		Concurrency: 8, Count: 100, Duration: time.Minute,
	}
}

const double = `function process(data) { return {"sum": data.map((n) => 2 * n)}; }`

func TestRun(t *testing.T) {
	t.Parallel()
	cfg := setup(t, double)
	for name, change := range map[string]func(*load.Config){
		"closed, Prefer": func(*load.Config) {},
		"closed, GET":    func(c *load.Config) { c.Follow = load.Get },
		"open":           func(c *load.Config) { c.Rate, c.Concurrency = 500, 100 },
		"expected":       func(c *load.Config) { c.Expected = []byte("{ \"sum\" : [ 2,\n4 ] }") },
	} {
		cfg := cfg
		change(&cfg)
		r, err := load.Run(t.Context(), cfg)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !r.Good() || r.Accepted != 100 || r.Completed != 100 || r.CompletedPerSecond <= 0 || r.AcceptedPerSecond <= 0 ||
			r.Completion.P50 <= 0 || r.Completion.Max < r.Completion.P99 || (r.Acknowledgement != nil) != (cfg.Follow == load.Get) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestRunTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	cfg := setup(t, `let n = 0; function process(data) { if (data[0] === 1) throw new Error("odd"); return data; }`)
	if _, err := load.Run(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "odd") {
		t.Errorf("a script that fails: %v", err)
	}
	cfg.Data, cfg.Expected = []byte("[2]"), []byte("[3]")
	if _, err := load.Run(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "wrong output") {
		t.Errorf("another output than the expected one: %v", err)
	}
	cfg.Concurrency = 0
	if _, err := load.Run(t.Context(), cfg); err == nil {
		t.Error("no clients: no error")
	}
}

// A server that answers wrongly now and then is what a load has to notice, and ours does not do that.
func TestRunCountsWrongOutputsAndRefusals(t *testing.T) {
	t.Parallel()
	var served atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization"); got != "Bearer secret" {
			t.Errorf("Authorization: %q", got)
		}
		switch served.Add(1) % 10 {
		case 3:
			_, _ = w.Write([]byte(`{"id":"x","status":"completed","outputData":[2]}`))
		case 5:
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(`{"detail":"full"}`))
		default:
			_, _ = w.Write([]byte(`{"id":"x","status":"completed","outputData":[1]}`))
		}
	}))
	defer server.Close()
	client := load.NewClient(server.URL, "secret", time.Second, 1)
	defer client.Close()
	r, err := load.Run(t.Context(), load.Config{
		Client: client, Script: "s", Data: []byte("1"), Follow: load.Prefer, Concurrency: 1, Count: 50, Duration: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.Wrong != 5 || r.Failed != 5 || r.Completed != 40 || r.Errors["status 503: full"] != 5 || r.Good() {
		t.Errorf("%+v", r)
	}
}

// What an open loop cannot send in time is told, and not left out.
func TestRunCountsWhatItMissed(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	var served atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if n := served.Add(1); n > 1 {
			if n == 2 {
				time.AfterFunc(300*time.Millisecond, func() { close(release) })
			}
			<-release
		}
		_, _ = w.Write([]byte(`{"id":"x","status":"completed","outputData":1}`))
	}))
	defer server.Close()
	client := load.NewClient(server.URL, "", time.Minute, 1)
	defer client.Close()
	r, err := load.Run(t.Context(), load.Config{
		Client: client, Script: "s", Data: []byte("1"), Follow: load.Prefer, Rate: 100, Concurrency: 1, Count: 20, Duration: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	// The one that was held is timed from when it was due.
	if r.Missed < 10 || r.Completed+r.Missed != 20 || r.Completion.Max < 250 {
		t.Errorf("%+v", r)
	}
}
