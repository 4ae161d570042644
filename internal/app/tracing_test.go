package app_test

import (
	"bytes"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	v1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"peneira/internal/app/apptest"
	"peneira/internal/config"
)

// receiver takes traces as an OpenTelemetry collector does: OTLP over HTTP, in protobuf.
type receiver struct {
	mu    sync.Mutex
	raw   bytes.Buffer
	spans []*v1.Span
}

// ServeHTTP implements http.Handler.
func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	var traces collector.ExportTraceServiceRequest
	if err != nil || request.URL.Path != "/v1/traces" || proto.Unmarshal(body, &traces) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.raw.Write(body)
	for _, resource := range traces.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			r.spans = append(r.spans, scope.GetSpans()...)
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// text returns all that was received.
func (r *receiver) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.raw.String()
}

// One trace leads from the request that a client has traced to the sandbox, and holds nothing of what was sent or returned.
func TestTraceLeadsFromRequestToSandbox(t *testing.T) {
	t.Parallel()
	received := &receiver{}
	server := httptest.NewServer(received)
	defer server.Close()
	service := apptest.Start(t, func(cfg *config.Config) { cfg.OTLPEndpoint = server.URL })
	c := apptest.NewClient(t, service.URL)
	const canary = "canary-8c1d"
	script := c.Host(t, `function process(data) { console.log(data); if (data.fail) { throw new Error(data.text) } return data }`)
	const trace, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	for _, data := range []string{`{"text":"` + canary + `"}`, `{"text":"` + canary + `","fail":true}`} {
		c.Do(t, http.MethodPost, "/api/executions", `{"scriptId":"`+script+`","data":`+data+`}`, "Traceparent", "00-"+trace+"-"+parent+"-01")
	}
	count(t, service.Pool, 2, `SELECT count(*) FROM executions WHERE completed_at IS NOT NULL`)
	if err := service.Stop(); err != nil { // sends what is left
		t.Fatal(err)
	}
	received.mu.Lock()
	defer received.mu.Unlock()
	if bytes.Contains(received.raw.Bytes(), []byte(canary)) {
		t.Error("a payload stands in a span")
	}
	names := map[string]string{} // of the spans of our trace, by id
	for _, span := range received.spans {
		if hex.EncodeToString(span.GetTraceId()) == trace {
			names[string(span.GetSpanId())] = span.GetName()
		}
	}
	found := map[string]int{}
	for _, span := range received.spans {
		if hex.EncodeToString(span.GetTraceId()) != trace {
			continue
		}
		above := names[string(span.GetParentSpanId())]
		if hex.EncodeToString(span.GetParentSpanId()) == parent {
			above = "the client"
		}
		found[above+" > "+span.GetName()]++
		if span.GetEndTimeUnixNano() < span.GetStartTimeUnixNano() {
			t.Errorf("%s ends before it begins", span.GetName())
		}
	}
	for _, want := range []string{
		"the client > POST /api/executions", "POST /api/executions > accept", "accept > queue", "accept > execution",
		"execution > sandbox", "execution > write outcome",
	} {
		if found[want] != 2 {
			t.Errorf("%d spans %q, want 2; found %v", found[want], want, found)
		}
	}
}

// Without a receiver nothing is carried along, and nothing is sent.
func TestWithoutReceiverNothingIsTraced(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t)
	c := apptest.NewClient(t, service.URL)
	c.Run(t, c.Host(t, double), `[1]`)
	count(t, service.Pool, 1, `SELECT count(*) FROM river_job WHERE kind = 'execution' AND NOT metadata ? 'traceparent'`)
}
