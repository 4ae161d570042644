package app_test

import (
	"crypto/sha256"
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
