package app_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"peneira/internal/app/apptest"
)

// idempotency drives every operation that takes a key to every answer that the key can give.
func (c contract) idempotency(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	first := c.Run(t, c.script, `[1]`)
	for path, bodies := range map[string][2]string{
		"/api/scripts":                                    {`{"name":"n","content":"const process = d => d"}`, `{"name":"m","content":"const process = d => d"}`},
		"/api/executions":                                 {`{"scriptId":"` + c.script + `","data":[1]}`, `{"scriptId":"` + c.script + `","data":[2]}`},
		"/api/scripts/" + c.script + "/execute":           {`{"inputData":[1]}`, `{"inputData":[2]}`},
		"/api/executions/" + first.ID.String() + "/rerun": {"", "?version=current"},
	} {
		send := func(which int, key string) apptest.Answer {
			if rest, isQuery := strings.CutPrefix(bodies[which], "?"); isQuery {
				return c.Do(t, http.MethodPost, path+"?"+rest, "", "Idempotency-Key", key)
			}
			return c.Do(t, http.MethodPost, path, bodies[which], "Idempotency-Key", key)
		}
		made, again := send(0, "one"), send(0, "one")
		if made.Status >= 300 || made.Header.Get("Idempotency-Replayed") != "" {
			t.Errorf("%s: first: %d %v", path, made.Status, made.Header)
		}
		if again.Status != made.Status || again.Header.Get("Location") != made.Header.Get("Location") || again.Header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("%s: again: %d %v", path, again.Status, again.Header)
		}
		if other := send(0, "two"); other.Header.Get("Location") == made.Header.Get("Location") {
			t.Errorf("%s: another key gave the same answer", path)
		}
		send(1, "one").Problem(t, http.StatusUnprocessableEntity, "idempotency-key-reused")
		send(0, "a b").Problem(t, http.StatusBadRequest, "invalid-parameter")

		// Another process has claimed the key and has not made anything yet.
		key, body := sha256.Sum256([]byte("POST "+path+"\x00busy")), sha256.Sum256([]byte(requestBody(bodies[0])))
		if _, err := pool.Exec(t.Context(), `INSERT INTO idempotency_keys (key_hash, request_hash, subject_id) VALUES ($1, $2, $3)`,
			key[:], body[:], uuid.New()); err != nil {
			t.Fatal(err)
		}
		busy := send(0, "busy")
		busy.Problem(t, http.StatusConflict, "request-in-progress")
		if busy.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %v", path, busy.Header)
		}
		// It has been silent for long, so the request is carried out after all.
		if _, err := pool.Exec(t.Context(), `UPDATE idempotency_keys SET claimed_at = now() - interval '2 minutes' WHERE key_hash = $1`, key[:]); err != nil {
			t.Fatal(err)
		}
		if late := send(0, "busy"); late.Status != made.Status || late.Header.Get("Idempotency-Replayed") != "" {
			t.Errorf("%s: after silence: %d %v", path, late.Status, late.Header)
		}
	}
	// What was refused may be mended and sent again under its key.
	for range 2 {
		c.Do(t, http.MethodPost, "/api/executions", `{"scriptId":"`+uuid.NewString()+`","data":1}`, "Idempotency-Key", "refused-"+uuid.NewString()).
			Problem(t, http.StatusNotFound, "script-not-found")
	}
	unknown := `{"scriptId":"` + uuid.NewString() + `","data":1}`
	for range 2 {
		c.Do(t, http.MethodPost, "/api/executions", unknown, "Idempotency-Key", "refused").Problem(t, http.StatusNotFound, "script-not-found")
	}
	if a := c.Do(t, http.MethodPost, "/api/executions", `{"scriptId":"`+c.script+`","data":[1]}`, "Idempotency-Key", "refused"); a.Status != http.StatusAccepted {
		t.Errorf("a key that was refused cannot be used: %d %s", a.Status, a.Body)
	}
}

// What is sent again gets the first answer, whatever became of the script since.
func TestTheFirstAnswerIsReplayedAfterAScriptChanged(t *testing.T) {
	t.Parallel()
	c := apptest.NewClient(t, apptest.Start(t).URL)
	body := `{"name":"first","description":"d","content":"const process = d => d","changeNote":"n","limits":{"timeMs":9},` +
		`"redact":["$.a"],"retention":{"inputSeconds":5}}`
	first := c.Do(t, http.MethodPost, "/api/scripts", body, "Idempotency-Key", "k")
	path := first.Header.Get("Location")
	same := func(after string) {
		again := c.Do(t, http.MethodPost, "/api/scripts", body, "Idempotency-Key", "k")
		if again.Status != http.StatusCreated || !bytes.Equal(again.Body, first.Body) || again.Header.Get("Location") != path {
			t.Errorf("after %s: %d %s, want %s", after, again.Status, again.Body, first.Body)
		}
	}
	c.Do(t, http.MethodPut, path, `{"name":"second","content":"const process = d => 2"}`)
	same("a change")
	c.Do(t, http.MethodDelete, path, "")
	same("the deletion")
}

// requestBody is what a key stands for: the body, or for a rerun the version.
func requestBody(body string) string {
	if body == "" {
		return "same"
	}
	return body
}

// Of many requests with one key, sent at once to two processes, one is carried out.
func TestOneKeyIsCarriedOutOnceByTwoProcesses(t *testing.T) {
	t.Parallel()
	url, pool := open(t)
	servers := []*process{launch(t, url), launch(t, url)}
	script := servers[0].host(`const process = (d) => d`)
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			body := strings.NewReader(`{"scriptId":"` + script + `","data":1}`)
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, servers[i%2].url+"/api/executions", body)
			if err != nil {
				t.Error(err)
				return
			}
			request.Header.Set("Content-Type", "application/json")
			request.Header.Set("Idempotency-Key", "the-one")
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Error(err)
				return
			}
			_ = response.Body.Close()
			if response.StatusCode != http.StatusAccepted && response.StatusCode != http.StatusConflict {
				t.Errorf("answered %s", response.Status)
			}
		})
	}
	wg.Wait()
	count(t, pool, 1, `SELECT count(*) FROM executions WHERE status = 'completed'`)
	count(t, pool, 1, `SELECT count(*) FROM executions`)
}

// sent is a request that was sent and will be answered some time.
type sent chan *http.Response

// send posts data for a script under a key, and does not wait for the answer. What comes is nil when the connection ends.
func (p *process) send(script, key, data string) sent {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.url+"/api/executions",
		strings.NewReader(`{"scriptId":"`+script+`","data":`+data+`}`))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", key)
	answer := make(sent, 1)
	go func() {
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			_ = response.Body.Close()
		}
		answer <- response
	}()
	return answer
}

// hold keeps executions from being accepted until it is let go.
func hold(t *testing.T, pool *pgxpool.Pool) (letGo func()) {
	t.Helper()
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `LOCK TABLE executions IN SHARE MODE`); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// While the first request is being accepted, the same key is answered at once, by another process too.
func TestOneKeyWhileItsRequestIsBeingAccepted(t *testing.T) {
	t.Parallel()
	url, pool := open(t)
	a, b := launch(t, url), launch(t, url)
	script := a.host(`const process = (d) => d`)
	letGo := hold(t, pool)
	first := a.send(script, "k", "1")
	count(t, pool, 1, `SELECT count(*) FROM idempotency_keys`)
	if r := <-b.send(script, "k", "1"); r == nil || r.StatusCode != http.StatusConflict || r.Header.Get("Retry-After") == "" {
		t.Errorf("the same request got %+v", r)
	}
	if r := <-b.send(script, "k", "2"); r == nil || r.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("another request got %+v", r)
	}
	// The first takes so long that it may be dead, so another carries it out; then both come to their end.
	if _, err := pool.Exec(t.Context(), `UPDATE idempotency_keys SET claimed_at = claimed_at - interval '10 seconds'`); err != nil {
		t.Fatal(err)
	}
	second := b.send(script, "k", "1")
	count(t, pool, 2, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = 'relation'`)
	letGo()
	one, two := <-first, <-second
	if one == nil || two == nil || one.StatusCode != http.StatusAccepted || two.StatusCode != http.StatusAccepted ||
		one.Header.Get("Location") == "" || one.Header.Get("Location") != two.Header.Get("Location") {
		t.Errorf("they got %+v and %+v", one, two)
	}
	again := <-a.send(script, "k", "1")
	if again == nil || again.StatusCode != http.StatusAccepted || again.Header.Get("Location") != one.Header.Get("Location") ||
		again.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("again it got %+v", again)
	}
	count(t, pool, 1, `SELECT count(*) FROM executions WHERE status = 'completed'`)
	count(t, pool, 1, `SELECT count(*) FROM executions`)
}

// When the process that carries out a request dies, the client gets it done under the same key within seconds.
func TestOneKeyWhenItsProcessDies(t *testing.T) {
	t.Parallel()
	url, pool := open(t)
	a, b := launch(t, url), launch(t, url)
	script := a.host(`const process = (d) => d`)
	letGo := hold(t, pool)
	lost := a.send(script, "k", "1")
	count(t, pool, 1, `SELECT count(*) FROM idempotency_keys`)
	a.kill()
	if r := <-lost; r != nil {
		t.Fatalf("a dead process answered %+v", r)
	}
	letGo()
	eventually(t, func() error {
		r := <-b.send(script, "k", "1")
		if r == nil || r.StatusCode != http.StatusAccepted {
			return fmt.Errorf("it got %+v", r)
		}
		return nil
	})
	count(t, pool, 1, `SELECT count(*) FROM executions WHERE status = 'completed'`)
	count(t, pool, 1, `SELECT count(*) FROM executions`)
}
