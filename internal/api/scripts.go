package api

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"peneira/internal/api/openapi"
	"peneira/internal/execution"
	"peneira/internal/failure"
	"peneira/internal/script"
)

// CreateScript answers POST /api/scripts.
func (s *server) CreateScript(c *gin.Context, _ openapi.CreateScriptParams) {
	created, err := s.createOnce(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Location", "/api/scripts/"+created.ID.String())
	s.answer(c, http.StatusCreated, scriptJSON(created))
}

// createOnce hosts a script, once if the request has an idempotency key.
func (s *server) createOnce(c *gin.Context) (script.Script, error) {
	draft, body, err := s.draft(c)
	if err != nil {
		return script.Script{}, err
	}
	once, err := s.claim(c, body)
	if err != nil {
		return script.Script{}, err
	}
	// The same key stands for the same request, and version 1 never changes: together they are the first answer, whatever
	// became of the script since.
	first := func(ctx context.Context, id uuid.UUID) (script.Script, error) {
		version, err := s.Scripts.Version(ctx, id, 1)
		return draft.HostedAs(version), err
	}
	if created, found, err := made(c, once, first); found || err != nil {
		return created, err
	}
	draft.ID = once.id()
	created, err := s.Scripts.Create(c.Request.Context(), draft)
	if once != nil && isNotFound(err) {
		return first(c.Request.Context(), draft.ID) // it was hosted under this id meanwhile, by another request with this key
	}
	return finish(c, once, created, err, first)
}

// ReplaceScript answers PUT /api/scripts/{id}.
func (s *server) ReplaceScript(c *gin.Context, id openapi.ScriptID) {
	draft, _, err := s.draft(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	replaced, err := s.Scripts.Replace(c.Request.Context(), id, draft)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, scriptJSON(replaced))
}

// draft reads the script that a request sends, and has it checked. It returns the body that it read too.
func (s *server) draft(c *gin.Context) (script.Draft, []byte, error) {
	var draft script.Draft
	body, err := readBody(c, scriptBodyBytes)
	if err != nil {
		return draft, body, err
	}
	var more terms
	err = readMembers(body,
		member{"name", true, text(&draft.Name)},
		member{"content", true, text(&draft.Content)},
		member{"description", false, orNull(text(&draft.Description))},
		member{"changeNote", false, orNull(text(&draft.ChangeNote))},
		member{"limits", false, payload(&more.limits)},
		member{"redact", false, orNull(texts(&draft.Redact))},
		member{"retention", false, payload(&more.retention)})
	if err != nil {
		return draft, body, err
	}
	if err := more.read(&draft); err != nil {
		return draft, body, err
	}
	if err := draft.Validate(); err != nil {
		return draft, body, err
	}
	if err := draft.Limits.Within(s.Limits.Script); err != nil {
		return draft, body, err
	}
	return draft, body, s.check(c, draft.Content)
}

// check has a script loaded. It returns a failure of kind Invalid, with line and column, when the script is at fault.
func (s *server) check(c *gin.Context, source string) error {
	err := s.Checker.Check(c.Request.Context(), source)
	var fault *execution.Error
	if !errors.As(err, &fault) || fault.Kind == execution.Internal {
		return err
	}
	return failure.New(failure.Invalid, codeDoesNotLoad, "The script does not load: %s.", strings.TrimSuffix(fault.Error(), ".")).
		With(failure.Field{
			Path: "content", Message: messageOf(fault), Line: fault.Line, Column: fault.Column,
			Excerpt: script.Excerpt(source, fault.Line, fault.Column),
		})
}

func messageOf(fault *execution.Error) string {
	if fault.Name == "" {
		return fault.Message
	}
	return fault.Name + ": " + fault.Message
}

// ListScripts answers GET /api/scripts.
func (s *server) ListScripts(c *gin.Context, params openapi.ListScriptsParams) {
	page, size, err := pageOf(params.Page, params.Size)
	if err != nil {
		s.fail(c, err)
		return
	}
	scripts, total, err := s.Scripts.List(c.Request.Context(), page, size)
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("X-Total-Count", strconv.Itoa(total))
	c.Header("Link", pageLinks("/api/scripts", page, size, total))
	streamList(s, c, scripts, func(one script.Script) ([][]byte, error) {
		version, err := s.Scripts.Version(c.Request.Context(), one.ID, one.Version)
		one.Content = version.Content
		return marshalPart(scriptJSON(one), err)
	})
}

// pageLinks writes the Link header of one page of what is at path.
func pageLinks(path string, page, size, total int) string {
	last := max((total+size-1)/size, 1)
	link := func(to int, rel string) string {
		return fmt.Sprintf(`<%s?page=%d&size=%d>; rel=%q`, path, to, size, rel)
	}
	links := []string{link(1, "first")}
	if page > 1 {
		links = append(links, link(min(page-1, last), "prev"))
	}
	if page < last {
		links = append(links, link(page+1, "next"))
	}
	return strings.Join(append(links, link(last, "last")), ", ")
}

// GetScript answers GET /api/scripts/{id}.
func (s *server) GetScript(c *gin.Context, id openapi.ScriptID) {
	found, err := s.Scripts.Get(c.Request.Context(), id)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, scriptJSON(found))
}

// DeleteScript answers DELETE /api/scripts/{id}.
func (s *server) DeleteScript(c *gin.Context, id openapi.ScriptID) {
	if err := s.Scripts.Delete(c.Request.Context(), id); err != nil {
		s.fail(c, err)
		return
	}
	c.Status(http.StatusNoContent)
	c.Writer.WriteHeaderNow()
}

func scriptJSON(from script.Script) openapi.Script {
	return openapi.Script{
		ID: from.ID, Name: from.Name, Description: from.Description, Content: from.Content, Version: from.Version,
		Sha256: hex.EncodeToString(from.SHA256[:]), ChangeNote: from.ChangeNote,
		CreatedAt: utc(from.CreatedAt), UpdatedAt: utc(from.UpdatedAt),
		Limits: limitsJSON(from.Limits), Redact: append([]string{}, from.Redact...), Retention: retentionJSON(from.Retention),
	}
}

// utc gives times as they are stored: in UTC, to the microsecond.
func utc(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
