package app_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"peneira/internal/access"
	"peneira/internal/app/apptest"
	"peneira/internal/config"
)

const neverEnding = `function process() { for (;;) {} }`

// The limits of a key, over real connections: so many executions in flight, and free again as they end.
func TestExecutionsInFlightAreLimitedByKey(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t, func(cfg *config.Config) { cfg.Sandboxes, cfg.TimeLimit = 1, time.Minute })
	c := apptest.NewClient(t, service.URL)
	_, c.Key = service.MakeKey(t, []access.Scope{access.Admin}, func(d *access.Draft) { d.Limits.ExecutionsInFlight = 2 })
	_, other := service.MakeKey(t, []access.Scope{access.ExecutionsWrite})
	eventually(t, func() error { return usable(t, c) })

	script := c.Host(t, neverEnding)
	body := `{"scriptId":"` + script + `","data":1}`
	first, second := c.Accept(t, script, "1"), c.Accept(t, script, "2")
	refused := c.Do(t, "POST", "/api/executions", body)
	refused.Problem(t, http.StatusTooManyRequests, "too-many-in-flight")
	if refused.Header.Get("Retry-After") == "" {
		t.Error("it does not say when to try again")
	}
	c.Do(t, "POST", "/api/executions/"+first+"/rerun", "").Problem(t, http.StatusTooManyRequests, "too-many-in-flight")
	c.Do(t, "POST", "/api/scripts/"+script+"/execute", `{"inputData":1}`).Problem(t, http.StatusTooManyRequests, "too-many-in-flight")
	if a := c.Do(t, "POST", "/api/executions", body, "Authorization", "Bearer "+other); a.Status != http.StatusAccepted {
		t.Errorf("another key is held up: %d", a.Status)
	}
	// What is refused for another reason is in flight no longer, and what ended is not either.
	c.Do(t, "POST", "/api/executions/"+first+"/cancel", "")
	c.Do(t, "POST", "/api/executions", `{"version":99,"scriptId":"`+script+`","data":1}`)
	eventually(t, func() error {
		if a := c.Do(t, "POST", "/api/executions", body); a.Status != http.StatusAccepted {
			return fmt.Errorf("after one was cancelled: %d %s", a.Status, a.Body)
		}
		return nil
	})
	c.Do(t, "POST", "/api/executions/"+second+"/cancel", "")
}

// usable says whether the client's key has reached the service.
func usable(t *testing.T, c *apptest.Client) error {
	t.Helper()
	if a := c.Do(t, "GET", "/api/scripts", ""); a.Status != http.StatusOK {
		return fmt.Errorf("the key is not good yet: %d", a.Status)
	}
	return nil
}

func TestRequestsAreLimitedByKey(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t, func(cfg *config.Config) { cfg.RateLimit = 5 })
	c := apptest.NewClient(t, service.URL)
	_, key := service.MakeKey(t, []access.Scope{access.ScriptsRead})
	_, other := service.MakeKey(t, []access.Scope{access.ScriptsRead})
	eventually(t, func() error {
		if a := c.Do(t, "GET", "/api/scripts", "", "X-API-Key", other); a.Status != http.StatusOK {
			return errors.New("the service does not know yet the key that was made last")
		}
		return nil
	})
	taken, began := 0, time.Now()
	for a := c.Do(t, "GET", "/api/scripts", "", "X-API-Key", key); ; a = c.Do(t, "GET", "/api/scripts", "", "X-API-Key", key) {
		if a.Status == http.StatusTooManyRequests {
			a.Problem(t, http.StatusTooManyRequests, "rate-limited")
			break
		}
		if a.Status != http.StatusOK || a.Header.Get("RateLimit-Limit") != "5" {
			t.Fatalf("%d %v", a.Status, a.Header)
		}
		taken++
	}
	if most := 5 + 5*time.Since(began).Seconds() + 1; taken < 5 || float64(taken) > most {
		t.Errorf("%d requests were taken in %v", taken, time.Since(began))
	}
	if a := c.Do(t, "GET", "/api/scripts", "", "X-API-Key", other); a.Status != http.StatusOK {
		t.Errorf("another key is held up: %d", a.Status)
	}
}

// dial opens a connection of its own and sends what is given.
func dial(t *testing.T, service *apptest.App, send string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(service.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := io.WriteString(conn, send); err != nil {
		t.Fatal(err)
	}
	return conn
}

// drip sends bytes one at a time until the server closes the connection, and returns how long that took.
func drip(t *testing.T, conn net.Conn, text string) time.Duration {
	t.Helper()
	began := time.Now()
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		_, _ = io.Copy(io.Discard, conn)
	}()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-closed:
			return time.Since(began)
		case <-tick.C:
			_, _ = conn.Write([]byte{text[i%len(text)]})
		}
		if time.Since(began) > 30*time.Second {
			t.Fatal("a client that drips is not cut off")
		}
	}
}

func TestSlowClientsAreCutOff(t *testing.T) {
	t.Parallel()
	const patience = 300 * time.Millisecond
	service := apptest.Start(t, func(cfg *config.Config) { cfg.SlowClient = patience })
	const post = "POST /api/executions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"
	for name, c := range map[string]struct{ send, drips string }{
		"says nothing":           {"", ""},
		"headers one by one":     {"GET /livez HTTP/1.1\r\n", "X-A: b\r\n"},
		"body byte by byte":      {post, " "},
		"body that nobody wants": {strings.Replace(post, "/json", "/xml", 1), " "},
		"chunks":                 {strings.Replace(post, "Content-Length: 1000000", "Transfer-Encoding: chunked", 1), "1\r\n \r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := dial(t, service, c.send)
			if c.drips == "" {
				_ = conn.SetReadDeadline(time.Now().Add(30 * time.Second))
				if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
					t.Error("a client that says nothing is not cut off")
				}
				return
			}
			if took := drip(t, conn, c.drips); took < patience/2 {
				t.Errorf("cut off after %v, which is not slow", took)
			}
		})
	}
}

// Most clients send all of a body before they read anything. They are told why it is refused, too.
func TestRefusalsReachClientsThatSendFirst(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t, func(cfg *config.Config) { cfg.InputLimit = 1 << 20 })
	body := strings.Repeat(" ", 24<<20) // much more than the connection holds
	const head = "POST /api/executions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
	announced := fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
	for name, c := range map[string]struct {
		send   string
		status int
	}{
		"too large":              {head + announced, http.StatusRequestEntityTooLarge},
		"too large, unannounced": {fmt.Sprintf("%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", head, len(body), body), http.StatusRequestEntityTooLarge},
		"not JSON":               {strings.Replace(head, "/json", "/xml", 1) + announced, http.StatusUnsupportedMediaType},
		"nowhere":                {strings.Replace(head, "/executions", "/nowhere", 1) + announced, http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := dial(t, service, c.send)
			_ = conn.SetReadDeadline(time.Now().Add(30 * time.Second))
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if read, err := io.ReadAll(response.Body); response.StatusCode != c.status || err != nil || !json.Valid(read) {
				t.Errorf("%d %s %v", response.StatusCode, read, err)
			}
		})
	}
}

// What is left of a body that was refused is never taken for another request, however the client goes on to send it.
func TestNothingOfABodyIsTakenForARequest(t *testing.T) {
	t.Parallel()
	const patience = 200 * time.Millisecond
	service := apptest.Start(t, func(cfg *config.Config) { cfg.SlowClient = patience })
	const (
		head = "POST /api/executions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/xml\r\n"
		next = "GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
	)
	for name, c := range map[string]struct {
		headers string
		bytes   int
		late    bool // whether the body comes when nobody waits for it any more
	}{
		"sent though it was not asked for":        {"Expect: 100-continue\r\n", 1 << 20, false},
		"small, though it was not asked for":      {"Expect: 100-continue\r\n", 10 << 10, false},
		"sent late":                               {"", 100 << 10, true},
		"sent late, though it was not asked for":  {"Expect: 100-continue\r\n", 100 << 10, true},
		"more than is read of what nobody wanted": {"", 129 << 20, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := strings.Repeat(next, c.bytes/len(next))
			conn := dial(t, service, fmt.Sprintf("%s%sContent-Length: %d\r\n\r\n", head, c.headers, len(body)))
			answers := bufio.NewReader(conn)
			_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
			if c.late {
				response, err := http.ReadResponse(answers, nil)
				if err != nil || response.StatusCode != http.StatusUnsupportedMediaType {
					t.Fatal(response, err)
				}
				_, _ = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
				<-time.After(3 * patience)
			}
			go func() { _, _ = io.WriteString(conn, body) }() // until the connection is closed
			rest, err := io.ReadAll(answers)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("the connection stays open")
			}
			if n := strings.Count(string(rest), "HTTP/1.1 2"); n > 0 {
				t.Errorf("%d requests in a body were answered", n)
			}
		})
	}
}

// Who waits for an answer longer than a slow client may take is no slow client.
func TestPatientClientsAreNotCutOff(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t, func(cfg *config.Config) { cfg.SlowClient = 100 * time.Millisecond })
	c := apptest.NewClient(t, service.URL)
	slow := c.Host(t, `function process() { const end = Date.now() + 1000; while (Date.now() < end); return "x".repeat(1e6) }`)
	a := c.Do(t, "POST", "/api/executions", `{"scriptId":"`+slow+`","data":1}`, "Prefer", "wait=30")
	if a.Status != http.StatusOK || len(a.Body) < 1e6 {
		t.Errorf("answered %d with %d bytes", a.Status, len(a.Body))
	}
}

// A client that takes nothing of an answer holds no more than its own connection, and that not for long.
func TestReadersThatReadNothingAreCutOff(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t, func(cfg *config.Config) { cfg.SlowClient = 200 * time.Millisecond })
	c := apptest.NewClient(t, service.URL)
	script := c.Host(t, `function process() { return "x".repeat(200e3) }`)
	for range 100 {
		c.Accept(t, script, "1")
	}
	eventually(t, func() error {
		if a := c.Do(t, "GET", "/api/executions?status=completed&size=100", ""); strings.Count(string(a.Body), `"id"`) < 100 {
			return errors.New("not all have run")
		}
		return nil
	})
	// 20 MB, in parts of 200 KB each of which has 12 seconds: more than the connection can hold unread.
	conn := dial(t, service, "GET /api/executions?size=100&include=output HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Request-Id: reads-nothing\r\n\r\n")
	eventually(t, func() error {
		if !strings.Contains(service.Log.String(), `"requestId":"reads-nothing"`) {
			return errors.New("the answer is still being sent")
		}
		return nil
	})
	if n, _ := io.Copy(io.Discard, conn); n >= 20e6 {
		t.Errorf("the answer of %d bytes was sent whole, and shows nothing", n)
	}
}

func TestHeadersAreBounded(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t)
	conn := dial(t, service, "GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n")
	go func() {
		for range 64 {
			if _, err := io.WriteString(conn, "X-Long: "+strings.Repeat("a", 1000)+"\r\n"); err != nil {
				return
			}
		}
		_, _ = io.WriteString(conn, "\r\n")
	}()
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || response.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("%v %v", response, err)
	}
}
