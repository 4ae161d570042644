package apptest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"peneira/internal/api/openapi"
)

// patience bounds every wait of a test. It is long, since tests share a machine; nothing waits for it when all is well.
const patience = time.Minute

// Client sends requests to a service and holds every answer against the contract. It may be used at once by many.
type Client struct {
	url      string
	document *openapi3.T
	router   routers.Router
	http     http.Client

	// Key is sent with every request unless it is "". It is set while nobody sends.
	Key string

	mu   sync.Mutex
	seen map[string]bool // operationId and status, such as "getScript 404"
}

// NewClient returns a client of the service at url.
func NewClient(t testing.TB, url string) *Client {
	t.Helper()
	document, err := openapi3.NewLoader().LoadFromData(openapi.Document)
	if err != nil {
		t.Fatal(err)
	}
	document.Servers = nil // it is at whatever address the test has it
	router, err := legacy.NewRouter(document)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{ExpectContinueTimeout: patience}
	t.Cleanup(transport.CloseIdleConnections)
	return &Client{
		url: url, document: document, router: router, seen: map[string]bool{},
		http: http.Client{
			Transport: transport, Timeout: patience,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Decode reads the answer's JSON into v, and fails the test when it is not that.
func (a Answer) Decode(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal(a.Body, v); err != nil {
		t.Fatalf("%v: %.500s", err, a.Body)
	}
}

// Problem returns the problem that the answer is, and fails the test when it is not of the given status and code.
func (a Answer) Problem(t testing.TB, status int, code string) openapi.Problem {
	t.Helper()
	var p openapi.Problem
	a.Decode(t, &p)
	if a.Status != status || p.Type != "/problems/"+code {
		t.Fatalf("answered %d %s, want %d /problems/%s: %s", a.Status, p.Type, status, code, p.Detail)
	}
	return p
}

// Do sends a request, with a body of JSON unless the headers (name, value, …) say otherwise, and holds the answer against
// the contract. Large bodies wait for the server's consent, so that a refusal is read and not lost with the connection.
func (c *Client) Do(t testing.TB, method, path, body string, headers ...string) Answer {
	t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, c.url+path, reader)
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodPost || method == http.MethodPut {
		r.Header.Set("Content-Type", "application/json")
	}
	if len(body) > 64<<10 {
		r.Header.Set("Expect", "100-continue")
	}
	if c.Key != "" {
		r.Header.Set("Authorization", "Bearer "+c.Key)
	}
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Set(pair[0], pair[1])
	}
	response, err := c.http.Do(r)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	answer := Answer{Status: response.StatusCode, Header: response.Header, Body: read}
	c.validate(t, r, answer)
	return answer
}

// largeBody is where the schema of an answer is no longer checked: it holds payloads of megabytes.
const largeBody = 1 << 20

// validate holds an answer against the contract. Addresses that are not in it must answer with a problem or a page.
func (c *Client) validate(t testing.TB, r *http.Request, a Answer) {
	t.Helper()
	mediaType, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type"))
	route, parameters, err := c.router.FindRoute(r)
	if err != nil {
		if a.Status >= http.StatusBadRequest && mediaType != "application/problem+json" {
			t.Errorf("%s %s answers %d as %q, not as a problem", r.Method, r.URL.Path, a.Status, mediaType)
		}
		return
	}
	documented := route.Operation.Responses.Status(a.Status)
	name := strconv.Itoa(a.Status)
	if documented == nil {
		documented, name = route.Operation.Responses.Default(), "default"
	}
	if documented == nil {
		t.Fatalf("%s %s answers %d, which is not documented", r.Method, route.Path, a.Status)
	}
	if content := documented.Value.Content; len(content) > 0 && content.Get(mediaType) == nil {
		t.Errorf("%s %s answers %d as %q, which is not documented", r.Method, route.Path, a.Status, mediaType)
	}
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, PathParams: parameters, Route: route},
		Status:                 a.Status, Header: a.Header, Body: io.NopCloser(bytes.NewReader(a.Body)),
		Options: &openapi3filter.Options{
			IncludeResponseStatus: true, MultiError: true,
			// Pages are for people, and have no schema to speak of.
			ExcludeResponseBody: mediaType == "text/html" || len(a.Body) > largeBody,
		},
	}
	if err := openapi3filter.ValidateResponse(t.Context(), input); err != nil {
		t.Errorf("%s %s answers %d against the contract: %v\n%.1000s", r.Method, route.Path, a.Status, err, a.Body)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[route.Operation.OperationID+" "+name] = true
}

// Operation is one operation of the contract.
type Operation struct {
	Method, Path string // as in the contract
	Scopes       []string
}

// Operations lists the operations of the contract, with the scopes that they need.
func (c *Client) Operations() []Operation {
	var operations []Operation
	for path, item := range c.document.Paths.Map() {
		for method, operation := range item.Operations() {
			o := Operation{Method: method, Path: path}
			if scopes, ok := operation.Extensions["x-scopes"].([]any); ok {
				for _, scope := range scopes {
					o.Scopes = append(o.Scopes, fmt.Sprint(scope))
				}
			}
			operations = append(operations, o)
		}
	}
	return operations
}

// Unseen returns what the contract documents and no answer has shown: operationId and status, such as "getScript 404".
func (c *Client) Unseen() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var unseen []string
	for _, item := range c.document.Paths.Map() {
		for _, operation := range item.Operations() {
			for status := range operation.Responses.Map() {
				if name := operation.OperationID + " " + status; !c.seen[name] {
					unseen = append(unseen, name)
				}
			}
		}
	}
	slices.Sort(unseen)
	return unseen
}

// Host hosts a script and returns its id.
func (c *Client) Host(t testing.TB, source string) string {
	t.Helper()
	draft, err := json.Marshal(map[string]string{"name": t.Name(), "content": source})
	if err != nil {
		t.Fatal(err)
	}
	a := c.Do(t, http.MethodPost, "/api/scripts", string(draft))
	if a.Status != http.StatusCreated {
		t.Fatalf("the script is not hosted: %d %s", a.Status, a.Body)
	}
	var made openapi.Script
	a.Decode(t, &made)
	return made.ID.String()
}

// Accept posts data, which is JSON, for a script and returns the execution's id.
func (c *Client) Accept(t testing.TB, script, data string) string {
	t.Helper()
	a := c.Do(t, http.MethodPost, "/api/executions", `{"scriptId":"`+script+`","data":`+data+`}`)
	if a.Status != http.StatusAccepted {
		t.Fatalf("not accepted: %d %.500s", a.Status, a.Body)
	}
	var accepted openapi.Execution
	a.Decode(t, &accepted)
	return accepted.ID.String()
}

// Wait returns an execution once it is final. The service is asked to answer then, since reading it again and again would
// take most of a processor that the execution needs.
func (c *Client) Wait(t testing.TB, id string) openapi.Execution {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		a := c.Do(t, http.MethodGet, "/api/executions/"+id+"?wait=5", "")
		if a.Status != http.StatusOK {
			t.Fatalf("execution %s: %d %.500s", id, a.Status, a.Body)
		}
		var now openapi.Execution
		a.Decode(t, &now)
		if now.CompletedAt != nil {
			return now
		}
	}
	t.Fatalf("execution %s is not final after %v", id, patience)
	return openapi.Execution{}
}

// Run executes a script over data and returns the final execution.
func (c *Client) Run(t testing.TB, script, data string) openapi.Execution {
	t.Helper()
	return c.Wait(t, c.Accept(t, script, data))
}

// JSON returns the text of a payload; "null" stands for one that is null or left out, which decode alike.
func JSON(payload *json.RawMessage) string {
	if payload == nil {
		return "null"
	}
	return string(*payload)
}
