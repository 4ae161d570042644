package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"peneira/internal/access"
	"peneira/internal/api/openapi"
	"peneira/internal/execution"
	"peneira/internal/script"
)

// bundle is a server whose stores do nothing, for what is about HTTP alone. The contract over real stores is tested in
// internal/app.
type bundle struct {
	url  string
	log  *safeBuffer
	fake *fake
	api  http.Handler
}

type fake struct {
	Scripts
	accepted func(execution.Request) (execution.Execution, error)
	check    func() error
	ready    error
	health   HealthReport
	backup   func() (Backup, error)
	list     []execution.Execution
	get      func(uuid.UUID) (execution.Execution, error)
	created  script.Draft
	observed chan string
}

func (f *fake) Create(_ context.Context, draft script.Draft) (script.Script, error) {
	f.created = draft
	return script.Script{ID: uuid.Must(uuid.NewV7()), Name: draft.Name, Content: draft.Content, Version: 1}, nil
}
func (f *fake) Redactions(context.Context, uuid.UUID, int) ([]string, error) { return nil, nil }
func (f *fake) Record(context.Context, access.Action, string) error          { return nil }
func (f *fake) Check(context.Context, string) error                          { return f.check() }
func (f *fake) Ready(context.Context) error                                  { return f.ready }
func (f *fake) Report(context.Context) HealthReport                          { return f.health }
func (f *fake) Database(context.Context) (Backup, error)                     { return f.backup() }
func (f *fake) Logs(context.Context) (Backup, error)                         { return f.backup() }
func (f *fake) Cleanup(context.Context) (Backup, error)                      { return f.backup() }

// fakeAudit takes everything down nowhere.
type fakeAudit struct{ *fake }

func (f fakeAudit) List(context.Context, access.Filter) ([]access.Entry, error) { return nil, nil }

type fakeExecutions struct{ *fake }

func (f fakeExecutions) Accept(_ context.Context, r execution.Request) (execution.Execution, error) {
	return f.accepted(r)
}

func (f fakeExecutions) Get(_ context.Context, id uuid.UUID) (execution.Execution, error) {
	return f.get(id)
}

func (f fakeExecutions) Accepted(ctx context.Context, id uuid.UUID) (execution.Execution, error) {
	return f.Get(ctx, id)
}

func (f fakeExecutions) Confirm(context.Context, uuid.UUID) error { return nil }

func (f fakeExecutions) Result(ctx context.Context, id uuid.UUID) (execution.Execution, error) {
	return f.Get(ctx, id)
}

func (f fakeExecutions) Cancel(context.Context, uuid.UUID) error { return nil }

func (f fakeExecutions) Status(context.Context, uuid.UUID) (execution.Status, error) {
	return execution.Pending, nil
}

func (f fakeExecutions) List(_ context.Context, filter execution.Filter) ([]execution.Execution, error) {
	return f.list[:min(len(f.list), filter.Limit)], nil
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func setup(t *testing.T, changes ...func(*Config)) *bundle {
	t.Helper()
	b := &bundle{log: &safeBuffer{}, fake: &fake{
		check:    func() error { return nil },
		backup:   func() (Backup, error) { return Backup{Path: "/b", Message: "done", At: time.Now()}, nil },
		observed: make(chan string, 100),
		accepted: func(r execution.Request) (execution.Execution, error) {
			return execution.Execution{
				ID: uuid.Must(uuid.NewV7()), ScriptID: r.ScriptID, ScriptVersion: max(r.Version, 1), Status: execution.Pending,
				Input: r.Input, CreatedAt: time.Now(),
			}, nil
		},
	}}
	config := Config{
		Scripts: b.fake, Executions: fakeExecutions{b.fake}, Checker: b.fake, Backups: b.fake, Health: b.fake, Version: "test",
		Audit: fakeAudit{b.fake}, Endings: fakeEndings{},
		Hosts:  []string{"example.com", "x"}, // what tests and httptest call it
		Logger: slog.New(slog.NewJSONHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Observe: func(method, route string, status int, _ time.Duration) {
			b.fake.observed <- method + " " + route + " " + http.StatusText(status)
		},
	}
	for _, change := range changes {
		change(&config)
	}
	b.api = New(config)
	server := httptest.NewServer(b.api)
	t.Cleanup(server.Close)
	b.url = server.URL
	return b
}

// answer is what came back.
type answer struct {
	*http.Response
	body []byte
}

func (b *bundle) send(t *testing.T, method, path string, body io.Reader, headers ...string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, b.url+path, body)
	if err != nil {
		t.Fatal(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response, read}
}

// problem checks that the answer is a whole problem of the given status and code, and returns it.
func (a answer) problem(t *testing.T, status int, code string) openapi.Problem {
	t.Helper()
	var p openapi.Problem
	decoder := json.NewDecoder(bytes.NewReader(a.body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&p); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
	if a.StatusCode != status || p.Status != status || p.Type != "/problems/"+code {
		t.Errorf("got %d %+v, want %d %s", a.StatusCode, p, status, code)
	}
	if got := a.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type %q", got)
	}
	if p.Title == "" || p.Detail == "" || p.Instance == "" || p.RequestID == "" || p.RequestID != a.Header.Get("X-Request-Id") {
		t.Errorf("incomplete: %+v", p)
	}
	return p
}

func zip(t *testing.T, text string) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.Copy(w, strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &b
}
