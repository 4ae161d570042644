package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"peneira/internal/api/openapi"
	"peneira/internal/budget"
	"peneira/internal/execution"
	"peneira/internal/failure"
)

// CreateExecution answers POST /api/executions.
func (s *server) CreateExecution(c *gin.Context, params openapi.CreateExecutionParams) {
	var request execution.Request
	s.accept(c, params.Prefer, &request,
		member{"scriptId", true, identifier(&request.ScriptID)},
		member{"data", true, payload(&request.Input)},
		member{"version", false, orNull(version(&request.Version))})
}

// ExecuteScript answers POST /api/scripts/{id}/execute.
func (s *server) ExecuteScript(c *gin.Context, id openapi.ScriptID, params openapi.ExecuteScriptParams) {
	request := execution.Request{ScriptID: id}
	s.accept(c, params.Prefer, &request, member{"inputData", true, payload(&request.Input)})
}

// accept reads a request from its members, and answers once it is stored and queued, or has ended if the client prefers.
func (s *server) accept(c *gin.Context, prefer *string, request *execution.Request, members ...member) {
	limit := s.Limits.InputBytes
	body, err := readBody(c, limit+envelopeBytes)
	if err != nil {
		s.fail(c, err)
		return
	}
	if err := readMembers(body, members...); err != nil {
		s.fail(c, err)
		return
	}
	if len(request.Input) > limit {
		s.fail(c, failure.New(failure.TooLarge, codeInputTooLarge, "The data may have at most %s. It has %d bytes.",
			sizeText(limit), len(request.Input)))
		return
	}
	s.acceptRequest(c, prefer, body, *request)
}

// acceptRequest accepts a request that is in order, once if it has an idempotency key, and answers it.
func (s *server) acceptRequest(c *gin.Context, prefer *string, body []byte, request execution.Request) {
	seconds, waits := preferredWait(prefer)
	vigil, err := s.watchNew(c, &request, waits)
	if err != nil {
		s.fail(c, err)
		return
	}
	defer vigil.end()
	accepted, err := s.acceptOnce(c, body, request)
	if err != nil {
		s.fail(c, err)
		return
	}
	noteExecution(c, accepted.ID)
	if waits {
		// What was sent is stored: its memory is for others while this request waits.
		budget.From(c.Request.Context()).Free()
		ended, err := s.awaitEnd(c.Request.Context(), accepted.ID, seconds, vigil, s.Executions.Result)
		switch kind := failure.KindOf(err); {
		case err == nil:
			c.Header("Preference-Applied", "wait="+strconv.Itoa(seconds))
			accepted = ended
		case kind != failure.Unavailable && (kind != failure.NotFound || !request.Waits):
			s.fail(c, err)
			return
		default:
			// No database or no memory just now: but it is accepted, and a client that is told so need not send it again.
		}
		if request.Waits && !accepted.Status.Terminal() {
			if err := s.Executions.Confirm(c.Request.Context(), accepted.ID); err != nil {
				s.fail(c, err)
				return
			}
		}
	}
	status := http.StatusAccepted
	if waits && accepted.Status.Terminal() {
		status = http.StatusOK
	}
	accepted.Input = nil // a client has what it sent
	parts, err := executionJSON(accepted)
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Location", "/api/executions/"+accepted.ID.String())
	send(c, status, typeJSON, parts...)
}

func (s *server) acceptOnce(c *gin.Context, body []byte, request execution.Request) (execution.Execution, error) {
	once, err := s.claim(c, body)
	if err != nil {
		return execution.Execution{}, err
	}
	if accepted, found, err := made(c, once, s.Executions.Accepted); found || err != nil {
		return accepted, err
	}
	if once != nil {
		request.ID = once.id()
	}
	accepted, err := s.Executions.Accept(c.Request.Context(), request)
	return finish(c, once, accepted, err, s.Executions.Accepted)
}

// GetExecution answers GET /api/executions/{id}.
func (s *server) GetExecution(c *gin.Context, id uuid.UUID, params openapi.GetExecutionParams) {
	noteExecution(c, id)
	get := s.get
	if wait := params.Wait; wait != nil {
		if *wait < 0 || *wait > maxWaitSeconds {
			s.fail(c, badParameter("wait", rules["wait"]))
			return
		}
		get = func(ctx context.Context, id uuid.UUID) (execution.Execution, error) {
			return s.awaitEnd(ctx, id, *wait, nil, s.Executions.Get)
		}
	}
	found, err := get(c.Request.Context(), id)
	if err != nil {
		s.fail(c, err)
		return
	}
	if params.Redacted != nil && *params.Redacted {
		if found, err = s.newMasks().mask(c.Request.Context(), found); err != nil {
			s.fail(c, err)
			return
		}
	}
	parts, err := executionJSON(found)
	if err != nil {
		s.fail(c, err)
		return
	}
	send(c, http.StatusOK, typeJSON, parts...)
}

// CancelExecution answers POST /api/executions/{id}/cancel.
func (s *server) CancelExecution(c *gin.Context, id uuid.UUID) {
	noteExecution(c, id)
	err := s.Executions.Cancel(c.Request.Context(), id)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.GetExecution(c, id, openapi.GetExecutionParams{})
}

// RerunExecution answers POST /api/executions/{id}/rerun.
func (s *server) RerunExecution(c *gin.Context, id uuid.UUID, params openapi.RerunExecutionParams) {
	version := openapi.Same
	if params.Version != nil {
		version = *params.Version
	}
	if version != openapi.Same && version != openapi.Current {
		s.fail(c, badParameter("version", rules["version"]))
		return
	}
	earlier, err := s.Executions.Get(c.Request.Context(), id)
	if err != nil {
		s.fail(c, err)
		return
	}
	if at := earlier.InputRemovedAt; at != nil {
		s.fail(c, execution.InputRemoved(id, *at))
		return
	}
	request := execution.Request{ScriptID: earlier.ScriptID, Input: earlier.Input, RerunOf: id}
	if version == openapi.Same {
		request.Version = earlier.ScriptVersion
	}
	s.acceptRequest(c, params.Prefer, []byte(version), request)
}

// ListExecutions answers GET /api/executions.
func (s *server) ListExecutions(c *gin.Context, params openapi.ListExecutionsParams) {
	filter, err := filterOf(openapi.ListExecutionsByScriptParams{
		Status: params.Status, From: params.From, To: params.To, Cursor: params.Cursor, Size: params.Size,
		Include: params.Include,
	})
	if err != nil {
		s.fail(c, err)
		return
	}
	if params.ScriptID != nil {
		filter.ScriptID = *params.ScriptID
	}
	s.listExecutions(c, filter)
}

// ListExecutionsByScript answers GET /api/executions/by-script/{scriptId}.
func (s *server) ListExecutionsByScript(c *gin.Context, scriptID uuid.UUID, params openapi.ListExecutionsByScriptParams) {
	filter, err := filterOf(params)
	if err != nil {
		s.fail(c, err)
		return
	}
	filter.ScriptID = scriptID
	s.listExecutions(c, filter)
}

// listExecutions answers with one page. One execution more than the page holds is asked for, to know whether there is a
// next one.
func (s *server) listExecutions(c *gin.Context, filter listFilter) {
	size := filter.Limit
	filter.Limit++
	found, err := s.Executions.List(c.Request.Context(), filter.Filter)
	if err != nil {
		s.fail(c, err)
		return
	}
	if len(found) > size {
		found = found[:size]
		c.Header("Link", nextLink(c.Request.URL, found[size-1].ID))
	}
	if filter.withInput || filter.withOutput {
		s.streamExecutions(c, found, filter.withInput, filter.withOutput)
		return
	}
	parts := [][]byte{[]byte("[")}
	for i, one := range found {
		if i > 0 {
			parts = append(parts, []byte(","))
		}
		written, err := executionJSON(one)
		if err != nil {
			s.fail(c, err)
			return
		}
		parts = append(parts, written...)
	}
	send(c, http.StatusOK, typeJSON, append(parts, []byte("]"))...)
}

// streamExecutions sends executions with their payloads, masked as their scripts say, reading one at a time: a page of them
// may hold gigabytes.
func (s *server) streamExecutions(c *gin.Context, list []execution.Execution, withInput, withOutput bool) {
	ctx := c.Request.Context()
	masks := s.newMasks()
	streamList(s, c, list, func(one execution.Execution) ([][]byte, error) {
		budget.From(ctx).Free() // of the one before
		full, err := s.Executions.Get(ctx, one.ID)
		if isNotFound(err) {
			return nil, nil // it went past its retention meanwhile
		}
		if err != nil {
			return nil, err
		}
		if !withInput {
			full.Input = nil
		}
		if !withOutput {
			full.Output = nil
		}
		if full, err = masks.mask(ctx, full); err != nil {
			return nil, err
		}
		return executionJSON(full)
	})
}

func isNotFound(err error) bool {
	var f *failure.Error
	return errors.As(err, &f) && f.Kind == failure.NotFound
}

// nextLink writes the Link header that leads to the page after the given execution.
func nextLink(from *url.URL, last uuid.UUID) string {
	query := from.Query()
	query.Set("cursor", writeCursor(last))
	next := url.URL{Path: from.Path, RawQuery: query.Encode()}
	return "<" + next.String() + `>; rel="next"`
}
