package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Client speaks to one server. It may be used from many goroutines.
type Client struct {
	base string
	key  string
	wait time.Duration
	http http.Client
}

// Execution is what a load needs of an execution.
type Execution struct {
	ID           string          `json:"id"`
	Status       string          `json:"status"`
	ErrorMessage string          `json:"errorMessage"`
	Output       json.RawMessage `json:"outputData"`
}

func (e Execution) ended() bool { return e.Status != "pending" && e.Status != "running" }

// maxAnswerBytes bounds what is read of an answer: the largest data and result that a server may be set to, and some.
const maxAnswerBytes = 300 << 20

// maxWaitSeconds is the longest that the server lets a request wait.
const maxWaitSeconds = 60

// NewClient returns a client of the server at base that sends key, if it is not empty, with every request. It gives each
// execution that long to end, and keeps up to so many connections open.
func NewClient(base, key string, wait time.Duration, connections int) *Client {
	return &Client{
		base: strings.TrimRight(base, "/"), key: key, wait: wait,
		http: http.Client{Transport: &http.Transport{
			MaxIdleConnsPerHost: connections, DisableCompression: true, IdleConnTimeout: time.Minute,
		}},
	}
}

// Close closes the idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// StatusError is an answer that is not 2xx.
type StatusError struct {
	Status     int
	Detail     string        // what the problem document says, if there is one
	RetryAfter time.Duration // 0: the server does not say
}

// Error implements error.
func (e *StatusError) Error() string {
	if e.Detail == "" {
		return "status " + strconv.Itoa(e.Status)
	}
	return "status " + strconv.Itoa(e.Status) + ": " + e.Detail
}

// retryAfter is how long the server asks to wait before the next request, at most a second: a load goes on.
func retryAfter(err error) time.Duration {
	if refused, ok := errors.AsType[*StatusError](err); ok {
		return min(refused.RetryAfter, time.Second)
	}
	return 0
}

// Host hosts a script and returns its id.
func (c *Client) Host(ctx context.Context, name, source string) (string, error) {
	body, err := json.Marshal(map[string]string{"name": name, "content": source})
	if err != nil {
		return "", fmt.Errorf("write the script as JSON: %w", err)
	}
	var script struct {
		ID string `json:"id"`
	}
	if err := c.call(ctx, http.MethodPost, "/api/scripts", "", body, &script); err != nil {
		return "", fmt.Errorf("host the script: %w", err)
	}
	return script.ID, nil
}

// Unhost deletes a script; its executions stay.
func (c *Client) Unhost(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodDelete, "/api/scripts/"+url.PathEscape(id), "", nil, nil)
}

// Post posts data for a script and returns the execution, which has ended if that was waited for and in time.
func (c *Client) Post(ctx context.Context, script string, data []byte, wait bool) (Execution, error) {
	return c.post(ctx, executionBody(script, data), wait)
}

func executionBody(script string, data []byte) []byte {
	return fmt.Appendf(nil, `{"scriptId":%q,"data":%s}`, script, data)
}

func (c *Client) post(ctx context.Context, body []byte, wait bool) (e Execution, err error) {
	prefer := ""
	if wait {
		prefer = "wait=" + strconv.Itoa(c.waitSeconds())
	}
	err = c.call(ctx, http.MethodPost, "/api/executions", prefer, body, &e)
	return e, err
}

// Await returns an execution when it has ended, or with an error when it has not within the client's wait.
func (c *Client) Await(ctx context.Context, id string) (Execution, error) {
	path := "/api/executions/" + url.PathEscape(id) + "?wait=" + strconv.Itoa(c.waitSeconds())
	for deadline := time.Now().Add(c.wait); ; {
		var e Execution
		if err := c.call(ctx, http.MethodGet, path, "", nil, &e); err != nil || e.ended() {
			return e, err
		}
		if time.Now().After(deadline) {
			return e, errors.New("not ended in time: " + e.Status)
		}
	}
}

// Get reads an address of the API, such as /api/executions?size=100, and throws the answer away.
func (c *Client) Get(ctx context.Context, path string) error {
	return c.call(ctx, http.MethodGet, path, "", nil, nil)
}

func (c *Client) waitSeconds() int { return max(1, min(int(c.wait.Seconds()), maxWaitSeconds)) }

// call sends one request and decodes the answer into result, unless that is nil.
func (c *Client) call(ctx context.Context, method, path, prefer string, body []byte, result any) error {
	ctx, cancel := context.WithTimeout(ctx, c.wait+maxWaitSeconds*time.Second)
	defer cancel()
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
	if prefer != "" {
		request.Header.Set("Prefer", prefer)
	}
	response, err := c.http.Do(request)
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return failed.Err // the address is known; why it failed is not
	}
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes))
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if response.StatusCode/100 != 2 {
		return refusal(response, answer)
	}
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(answer, result); err != nil {
		return fmt.Errorf("the answer is not what a Peneira server gives: %w", err)
	}
	return nil
}

func refusal(response *http.Response, answer []byte) error {
	refused := &StatusError{Status: response.StatusCode}
	var problem struct {
		Detail string `json:"detail"`
	}
	if json.Unmarshal(answer, &problem) == nil && len(problem.Detail) < 300 {
		refused.Detail = problem.Detail
	}
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil {
		refused.RetryAfter = time.Duration(seconds) * time.Second
	}
	return refused
}
