package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// client speaks to one server.
type client struct {
	base string
	key  string
	wait time.Duration
	http http.Client
}

// hosted is what the demonstration needs of a script.
type hosted struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
}

// execution is what the demonstration needs of an execution, and the times that the client measured itself.
type execution struct {
	ID           string          `json:"id"`
	Status       string          `json:"status"`
	Output       json.RawMessage `json:"outputData"`
	ErrorMessage string          `json:"errorMessage"`
	CreatedAt    time.Time       `json:"createdAt"`
	StartedAt    time.Time       `json:"startedAt"`
	CompletedAt  time.Time       `json:"completedAt"`
	RunTimeUs    int64           `json:"executionTimeUs"` // in the sandbox

	posted   time.Time     // when the POST was sent
	accepted time.Duration // until its answer was there
	seen     time.Duration // until a GET showed a final status
}

// maxAnswerBytes bounds what is read of an answer, so that a server that is not ours cannot fill the memory.
const maxAnswerBytes = 64 << 20

func newClient(base, key string, wait time.Duration) *client {
	return &client{base: strings.TrimRight(base, "/"), key: key, wait: wait, http: http.Client{Timeout: wait}}
}

// awaitReady returns when the server answers that it is ready. While it waits it says so on out.
func (c *client) awaitReady(ctx context.Context, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, c.wait)
	defer cancel()
	pause, told := 50*time.Millisecond, false
	for {
		err := c.call(ctx, http.MethodGet, "/readyz", nil, nil)
		if err == nil {
			return nil
		}
		if !told {
			fmt.Fprintf(out, "Waiting for %s …\n", c.base)
			told = true
		}
		if sleep(ctx, pause) != nil {
			return fmt.Errorf("no server is ready at %s (%w).\nStart one with \"make run\" in another terminal, or name another with -url", c.base, err)
		}
		pause = min(2*pause, time.Second)
	}
}

// host hosts the example's script.
func (c *client) host(ctx context.Context, ex example) (hosted, error) {
	body, err := json.Marshal(map[string]string{
		"name":        ex.name + " (demo)",
		"description": "The example that make demo runs.",
		"content":     ex.script,
	})
	if err != nil {
		return hosted{}, fmt.Errorf("write the script as JSON: %w", err)
	}
	var script hosted
	if err := c.call(ctx, http.MethodPost, "/api/scripts", body, &script); err != nil {
		return hosted{}, fmt.Errorf("host the script: %w", err)
	}
	return script, nil
}

// execute has the script run over data, and returns when the execution has ended, however it ended.
func (c *client) execute(ctx context.Context, scriptID string, data []byte) (*execution, error) {
	ctx, cancel := context.WithTimeout(ctx, c.wait)
	defer cancel()
	body := fmt.Appendf(nil, `{"scriptId":%q,"data":%s}`, scriptID, data)

	posted := time.Now()
	var e execution
	if err := c.call(ctx, http.MethodPost, "/api/executions", body, &e); err != nil {
		return nil, fmt.Errorf("post the data: %w", err)
	}
	accepted := time.Since(posted)
	// Results are usually there within milliseconds, so the first looks follow one another closely.
	for pause := time.Millisecond; e.Status == "pending" || e.Status == "running"; pause = min(pause*3/2, 250*time.Millisecond) {
		if err := sleep(ctx, pause); err != nil {
			return nil, fmt.Errorf("execution %s is still %s after %s; ask GET %s/api/executions/%s later", e.ID, e.Status, c.wait, c.base, e.ID)
		}
		if err := c.call(ctx, http.MethodGet, "/api/executions/"+e.ID, nil, &e); err != nil {
			return nil, fmt.Errorf("read the execution: %w", err)
		}
	}
	e.posted, e.accepted, e.seen = posted, accepted, time.Since(posted)
	return &e, nil
}

// call sends one request and decodes the answer into result, unless that is nil.
// An answer that is not 2xx is an error that says what the server said.
func (c *client) call(ctx context.Context, method, path string, body []byte, result any) error {
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("prepare the request: %w", err)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.key != "" {
		request.Header.Set("Authorization", "Bearer "+c.key)
	}
	response, err := c.http.Do(request)
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return failed.Err // the address is known; why it failed is not
	}
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes+1))
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if len(answer) > maxAnswerBytes {
		return errors.New("the answer is larger than 64 MiB")
	}
	if response.StatusCode/100 != 2 {
		return refused(response.Status, answer)
	}
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(answer, result); err != nil {
		return fmt.Errorf("the answer is not what a Peneira server gives: %w", err)
	}
	return nil
}

// refused is the error for an answer that is not 2xx: what its problem document says, or its status alone.
func refused(status string, answer []byte) error {
	var problem struct {
		Detail string `json:"detail"`
		Errors []struct {
			Path    string `json:"path"`
			Message string `json:"message"`
		} `json:"errors"`
	}
	var text strings.Builder
	text.WriteString("the server answered " + status)
	if json.Unmarshal(answer, &problem) == nil && problem.Detail != "" {
		text.WriteString(": " + problem.Detail)
	}
	for _, e := range problem.Errors {
		text.WriteString("\n  " + e.Path + ": " + e.Message)
	}
	return errors.New(text.String())
}

// sleep waits for d; it returns the context's error when that ends first.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
