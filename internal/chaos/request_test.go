//go:build unix

package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// answer is what came back: an execution, or a script.
type answer struct {
	ID           string          `json:"id"`
	Status       string          `json:"status"`
	ErrorMessage string          `json:"errorMessage"`
	OutputData   json.RawMessage `json:"outputData"`

	status   int
	replayed bool
	body     []byte
}

func final(status string) bool {
	return status == "completed" || status == "failed" || status == "cancelled"
}

// requestTime is how long a client waits for an answer before it asks again.
const requestTime = 20 * time.Second

func send(ctx context.Context, method, url string, body []byte, headers ...string) (a answer, err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return a, err
	}
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return a, err
	}
	defer func() { _ = response.Body.Close() }()
	a.status, a.replayed = response.StatusCode, response.Header.Get("Idempotency-Replayed") == "true"
	if a.body, err = io.ReadAll(response.Body); err != nil || a.status >= 300 {
		return a, err
	}
	if err := json.Unmarshal(a.body, &a); err != nil {
		return a, fmt.Errorf("answered %.200s: %w", a.body, err)
	}
	return a, nil
}
