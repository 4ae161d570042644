package app_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"peneira/internal/api/openapi"
	"peneira/internal/app/apptest"
	"peneira/internal/config"
)

// little is the least memory for payloads that can be set. A third of it is for requests and a third for inputs of runs,
// and of each three quarters, 16 MiB, are for large ones.
func little(cfg *config.Config) {
	cfg.PayloadMemory, cfg.Sandboxes, cfg.TimeLimit = 64<<20, 2, 10*time.Minute
}

// What a request sends takes memory while it is there, and gives it back however the request ends.
func TestRequestsBeyondTheMemoryAreTurnedAway(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t, little)
	c := apptest.NewClient(t, service.URL)
	script := c.Host(t, `function process(data) { return data.length }`)
	body := func(bytes int) string {
		return `{"scriptId":"` + script + `","data":"` + strings.Repeat("x", bytes) + `"}`
	}
	// Half a request that stays half.
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(service.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := fmt.Fprintf(conn, "POST /api/executions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		12<<20, body(10<<20)); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error {
		a := c.Do(t, http.MethodPost, "/api/executions", body(8<<20))
		if a.Status == http.StatusAccepted {
			return errors.New("18 MiB fit into 16") // the half request has not been read yet
		}
		a.Problem(t, http.StatusServiceUnavailable, "overloaded")
		if a.Header.Get("Retry-After") == "" {
			t.Error("it does not say when to try again")
		}
		return nil
	})
	if small := c.Run(t, script, `"x"`); small.Status != openapi.Completed {
		t.Errorf("a small one is %s", small.Status)
	}
	_ = conn.Close()
	eventually(t, func() error {
		if a := c.Do(t, http.MethodPost, "/api/executions", body(8<<20)); a.Status != http.StatusAccepted {
			return fmt.Errorf("%d when the memory should be there again", a.Status)
		}
		return nil
	})
	// One that is larger than all the memory for large ones goes alone.
	if huge := c.Run(t, script, `"`+strings.Repeat("x", 30<<20)+`"`); huge.Status != openapi.Completed {
		t.Errorf("a huge one is %s: %+v", huge.Status, huge.Error)
	}
}

// Runs with large inputs wait for memory, and hold up no run with a small one.
func TestRunsBeyondTheMemoryWait(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t, little)
	c := apptest.NewClient(t, service.URL)
	script := c.Host(t, `function process(data) { while (data.length > 10); return data }`)
	large := `"` + strings.Repeat("x", 9<<20) + `"`
	count := func(status openapi.ExecutionStatus) (n int) {
		if err := service.Pool.QueryRow(t.Context(), `SELECT count(*) FROM executions WHERE status = $1`, string(status)).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	oneRuns := func() error {
		if n := count(openapi.Running); n != 1 {
			return fmt.Errorf("%d runs have memory", n)
		}
		return nil
	}
	all := make([]string, 6) // more than there are sandboxes, and workers for large inputs
	for i := range all {
		all[i] = c.Accept(t, script, large)
	}
	eventually(t, oneRuns)
	for range 20 {
		if small := c.Run(t, script, `"x"`); small.Status != openapi.Completed {
			t.Fatalf("a small one is %s", small.Status)
		}
	}
	if n := count(openapi.Pending); n != len(all)-1 {
		t.Errorf("%d runs wait for memory", n)
	}
	cancel := func(status openapi.ExecutionStatus) {
		if _, err := service.Pool.Exec(t.Context(), `WITH one AS (UPDATE executions SET status = 'cancelled', completed_at = now() WHERE status = $1 RETURNING id)
			SELECT pg_notify('executions_ended', encode(uuid_send(id), 'base64')) FROM one`, string(status)); err != nil {
			t.Fatal(err)
		}
	}
	cancel(openapi.Running)
	eventually(t, oneRuns) // the next one has its memory
	cancel(openapi.Pending)
	cancel(openapi.Running)
}
