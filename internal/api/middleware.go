package api

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"peneira/internal/access"
	"peneira/internal/budget"
)

// Keys of what a request carries with it.
const (
	keyRequestID   = "peneira/request-id"
	keyExecutionID = "peneira/execution-id"
)

// maxRequestID bounds a request id that a client chose; it stands in every log line of the request.
const maxRequestID = 128

// requestID returns the id of the request, which observe gave it.
func requestID(c *gin.Context) string { return c.GetString(keyRequestID) }

// noteExecution puts the execution's id into the log line of the request.
func noteExecution(c *gin.Context, id uuid.UUID) { c.Set(keyExecutionID, id.String()) }

// chosenRequestID returns the id that the client sent when it is safe to log and to send back, else a new one.
func chosenRequestID(r *http.Request) string {
	sent := r.Header.Get("X-Request-Id")
	if sent != "" && len(sent) <= maxRequestID && strings.IndexFunc(sent, notInRequestID) < 0 {
		return sent
	}
	id, err := uuid.NewV7()
	if err != nil {
		return "unknown" // no randomness: the request can still be answered
	}
	return id.String()
}

func notInRequestID(r rune) bool {
	return ('a' > r || r > 'z') && ('A' > r || r > 'Z') && ('0' > r || r > '9') && !strings.ContainsRune("._-", r)
}

// observe gives the request its id, and tells log and metrics how it was answered. Neither hears of payloads, headers or
// query strings.
func (s *server) observe(c *gin.Context) {
	began := time.Now()
	id := chosenRequestID(c.Request)
	c.Set(keyRequestID, id)
	c.Header("X-Request-Id", id)
	share := s.Memory.Share()
	defer share.Free()
	c.Request = c.Request.WithContext(budget.With(c.Request.Context(), share))

	var took time.Duration
	whole := false
	defer func() { // last of all, and also when recoverPanics breaks the connection off
		if whole {
			flush(c) // what the log takes is not for the client to wait for
		}
		s.logRequest(c, id, took)
	}()
	defer func() {
		took = time.Since(began)
		status, route, method := c.Writer.Status(), c.FullPath(), methodLabel(c.Request.Method)
		s.Observe(method, route, status, took)
		nameSpan(trace.SpanFromContext(c.Request.Context()), method, route, status)
	}()
	c.Next()
	whole = true
}

// flush sends an answer that is whole, and of a length that the client was told.
func flush(c *gin.Context) {
	if c.Writer.Written() && c.Writer.Header().Get("Content-Length") != "" {
		c.Writer.Flush()
	}
}

func (s *server) logRequest(c *gin.Context, id string, took time.Duration) {
	route := c.FullPath()
	attrs := []slog.Attr{
		slog.String("method", methodLabel(c.Request.Method)), slog.String("route", route), slog.Int("status", c.Writer.Status()),
		slog.Float64("durationMs", float64(took.Microseconds())/1000), slog.Int("bytes", max(c.Writer.Size(), 0)), slog.String("requestId", id),
	}
	if execution := c.GetString(keyExecutionID); execution != "" {
		attrs = append(attrs, slog.String("executionId", execution))
	}
	if key := access.From(c.Request.Context()).KeyID(); key.Valid {
		attrs = append(attrs, slog.String("keyId", key.UUID.String()))
	}
	s.Logger.LogAttrs(c.Request.Context(), levelFor(route), "request", attrs...)
}

// nameSpan tells the span of a request, if it has one, what it was, in words that no client chooses.
func nameSpan(span trace.Span, method, route string, status int) {
	if !span.IsRecording() {
		return
	}
	span.SetName(strings.TrimSpace(method + " " + route))
	span.SetAttributes(attribute.String("http.request.method", method), attribute.String("http.route", route),
		attribute.Int("http.response.status_code", status))
	if status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
	}
}

// levelFor keeps what asks every few seconds out of the log.
func levelFor(route string) slog.Level {
	switch route {
	case "/livez", "/readyz", "/health", "/metrics":
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

var methods = []string{
	http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
	http.MethodConnect, http.MethodTrace,
}

// methodLabel keeps the methods that clients make up out of labels and texts.
func methodLabel(method string) string {
	if slices.Contains(methods, method) {
		return method
	}
	return "OTHER"
}

// withHead adds HEAD to a list of allowed methods that has GET.
func withHead(allowed string) string {
	list := strings.Split(allowed, ", ")
	if slices.Contains(list, http.MethodGet) {
		list = append(list, http.MethodHead)
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), ", ")
}

// recoverPanics answers a panic as an internal error, or breaks the connection off when a part of the answer is sent:
// the client must not take half an answer for a whole one.
func (s *server) recoverPanics(c *gin.Context) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		err, isError := cause.(error)
		if isError && errors.Is(err, http.ErrAbortHandler) {
			panic(cause)
		}
		s.Logger.ErrorContext(c.Request.Context(), "panic in a handler", "panic", fmt.Sprint(cause), "stack", string(debug.Stack()),
			"route", c.FullPath(), "requestId", requestID(c))
		if c.Writer.Written() {
			panic(http.ErrAbortHandler)
		}
		sendProblem(c, internal(c))
	}()
	c.Next()
}

// nothingPolicy lets a browser that shows an answer load nothing, and nobody frame it.
const nothingPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// secureHeaders sets what holds for every answer; pages of our own and mounted handlers may loosen it.
func secureHeaders(c *gin.Context) {
	header := c.Writer.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Content-Security-Policy", nothingPolicy)
	if path := c.Request.URL.Path; !strings.HasPrefix(path, "/riverui") && !strings.HasPrefix(path, "/static") {
		header.Set("Cache-Control", "no-store")
	}
	c.Next()
}
