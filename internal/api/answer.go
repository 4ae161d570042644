package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"peneira/internal/api/openapi"
	"peneira/internal/failure"
)

const (
	typeJSON    = "application/json"
	typeProblem = "application/problem+json"
	typeText    = "text/plain; charset=utf-8"
	typeHTML    = "text/html; charset=utf-8"
)

// statusClientGone is logged, and never sent, when a client hung up before its answer was there.
const statusClientGone = 499

// marshal encodes v without escaping <, > and &: nothing here is put into HTML.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, fmt.Errorf("encode the answer: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// answer sends v as JSON.
func (s *server) answer(c *gin.Context, status int, v any) {
	body, err := marshal(v)
	if err != nil {
		s.fail(c, err)
		return
	}
	send(c, status, typeJSON, body)
}

// streamList sends a list as JSON, one item at a time as write makes its parts: all of them at once may take more memory than
// there is. An item that has no parts is left out. When one cannot be had half-way, the connection is broken off, so that
// nobody takes half a list for a whole one.
func streamList[T any](s *server, c *gin.Context, list []T, write func(T) (parts [][]byte, err error)) {
	c.Header("Content-Type", typeJSON)
	separator := "["
	for _, one := range list {
		parts, err := write(one)
		if err == nil && len(parts) == 0 {
			continue
		}
		if err == nil {
			err = writeParts(c, separator, parts)
		}
		if err != nil {
			s.breakOff(c, err)
			return
		}
		separator = ","
	}
	closing := "]"
	if separator == "[" {
		closing = "[]"
	}
	if _, err := c.Writer.WriteString(closing); err != nil {
		s.breakOff(c, err)
	}
}

func writeParts(c *gin.Context, before string, parts [][]byte) error {
	if _, err := c.Writer.WriteString(before); err != nil {
		return err
	}
	for _, part := range parts {
		if _, err := c.Writer.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// marshalPart is marshal for streamList.
func marshalPart(v any, err error) ([][]byte, error) {
	if err != nil {
		return nil, err
	}
	body, err := marshal(v)
	return [][]byte{body}, err
}

// breakOff answers with a problem when nothing is sent yet, and else closes the connection.
func (s *server) breakOff(c *gin.Context, err error) {
	if !c.Writer.Written() {
		s.fail(c, err)
		return
	}
	if c.Request.Context().Err() == nil {
		s.Logger.ErrorContext(c.Request.Context(), "answer broken off", "error", err, "route", c.FullPath(), "requestId", requestID(c))
	}
	panic(http.ErrAbortHandler)
}

// joinedBytes is up to what size an answer is copied to be sent at once: as parts it takes several writes to the connection, 0.03 ms
// on an idle virtual machine, where copying so much takes less than a tenth of that.
const joinedBytes = 64 << 10

// send sends a body in parts. A large one is not copied.
func send(c *gin.Context, status int, contentType string, parts ...[]byte) {
	length := 0
	for _, part := range parts {
		length += len(part)
	}
	header := c.Writer.Header()
	header.Set("Content-Type", contentType)
	header.Set("Content-Length", strconv.Itoa(length))
	c.Status(status)
	if length <= joinedBytes && len(parts) > 1 {
		parts = [][]byte{bytes.Join(parts, nil)}
	}
	for _, part := range parts {
		if _, err := c.Writer.Write(part); err != nil {
			return // the client is gone: there is nobody to tell
		}
	}
}

// fail answers with the problem that err is. A failure is shown to the client; any other error is ours: the client
// reads a fixed text, and the log has the error under the request id.
func (s *server) fail(c *gin.Context, err error) {
	if errors.Is(err, context.Canceled) && c.Request.Context().Err() != nil {
		c.Status(statusClientGone)
		c.Abort()
		return
	}
	f, ok := asFailure(err)
	if !ok || f.Kind == failure.Internal {
		f = internal(c)
	}
	row := problemFor(f)
	// Being full is how a server protects itself; a line for each refusal would be one more thing to do just then.
	if row.Status >= http.StatusInternalServerError && row.Code != codeOverloaded {
		s.Logger.ErrorContext(c.Request.Context(), "request failed",
			"error", err, "problem", row.Code, "route", c.FullPath(), "requestId", requestID(c))
	}
	sendProblem(c, f)
}

// asFailure returns the failure that err is, if it is one.
func asFailure(err error) (*failure.Error, bool) {
	var f *failure.Error
	ok := errors.As(err, &f)
	return f, ok
}

// internal is all that a client learns of what is our fault.
func internal(c *gin.Context) *failure.Error {
	return failure.New(failure.Internal, "",
		"Something went wrong on our side. The server's log has more under the request id %s.", requestID(c))
}

func sendProblem(c *gin.Context, f *failure.Error) {
	c.Abort()
	row := problemFor(f)
	comesBack := row.Status == http.StatusTooManyRequests || row.Status == http.StatusServiceUnavailable
	if comesBack && c.Writer.Header().Get("Retry-After") == "" {
		c.Header("Retry-After", "1")
	}
	body, err := marshal(problemOf(c, row, f))
	if err != nil { // a problem is strings and numbers: it always encodes
		c.Status(http.StatusInternalServerError)
		return
	}
	send(c, row.Status, typeProblem, body)
}

// maxInstance bounds how much of an address is sent back.
const maxInstance = 512

func problemOf(c *gin.Context, row problem, f *failure.Error) openapi.Problem {
	instance := c.Request.URL.EscapedPath()
	p := openapi.Problem{
		Type:      "/problems/" + row.Code,
		Title:     row.Title,
		Status:    row.Status,
		Detail:    f.Detail,
		Instance:  instance[:min(len(instance), maxInstance)],
		RequestID: requestID(c),
	}
	if p.Detail == "" {
		p.Detail = row.Meaning
	}
	if len(f.Fields) == 0 {
		return p
	}
	fields := make([]openapi.ProblemField, len(f.Fields))
	for i, field := range f.Fields {
		fields[i] = openapi.ProblemField{
			Path: field.Path, Message: field.Message, Line: positive(field.Line), Column: positive(field.Column),
		}
		if field.Excerpt != "" {
			fields[i].Excerpt = &field.Excerpt
		}
	}
	p.Errors = &fields
	return p
}

// positive returns nil for a number that does not apply.
func positive(n int) *int {
	if n <= 0 {
		return nil
	}
	return &n
}

func (s *server) noRoute(c *gin.Context) {
	hint := "See /swagger/ for what there is."
	if path := c.Request.URL.Path; len(path) > 1 && path[len(path)-1] == '/' {
		hint = "Try it without the slash at the end."
	}
	s.fail(c, failure.New(failure.NotFound, codeRouteNotFound, "There is nothing at this address. %s", hint))
}

func (s *server) noMethod(c *gin.Context) {
	allowed := c.Writer.Header().Get("Allow")
	allowed = withHead(allowed)
	c.Header("Allow", allowed)
	s.fail(c, failure.New(failure.Invalid, codeMethodNotAllowed, "This address does not have the method %s. It has: %s.",
		methodLabel(c.Request.Method), allowed))
}
