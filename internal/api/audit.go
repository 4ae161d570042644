package api

import (
	"context"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"peneira/internal/access"
	"peneira/internal/api/openapi"
)

// Audit keeps who did what.
type Audit interface {
	// Record writes that the caller whom ctx carries does something to a subject.
	Record(ctx context.Context, action access.Action, subject string) error
	// List returns the entries that the filter chooses, newest first.
	List(ctx context.Context, filter access.Filter) ([]access.Entry, error)
}

// ListAudit answers GET /api/audit.
func (s *server) ListAudit(c *gin.Context, params openapi.ListAuditParams) {
	filter, err := auditFilter(params)
	if err != nil {
		s.fail(c, err)
		return
	}
	size := filter.Limit
	filter.Limit++ // one more, to know whether there is a next page
	found, err := s.Audit.List(c.Request.Context(), filter)
	if err != nil {
		s.fail(c, err)
		return
	}
	if len(found) > size {
		found = found[:size]
		c.Header("Link", nextLink(c.Request.URL, found[size-1].ID))
	}
	list := make([]openapi.AuditEntry, len(found))
	for i, one := range found {
		list[i] = auditJSON(one)
	}
	s.answer(c, http.StatusOK, list)
}

func auditFilter(p openapi.ListAuditParams) (access.Filter, error) {
	filter := access.Filter{From: timeOf(p.From), To: timeOf(p.To)}
	var err error
	if filter.Limit, err = number("size", p.Size, defaultExecutions, maxPageSize); err != nil {
		return filter, err
	}
	if p.From != nil && p.To != nil && !filter.From.Before(filter.To) {
		return filter, badParameter("to", `must be later than "from"`)
	}
	if p.Action != nil {
		if filter.Action = access.Action(*p.Action); !slices.Contains(access.Actions, filter.Action) {
			return filter, badParameter("action", rules["action"])
		}
	}
	if p.KeyID != nil {
		filter.KeyID = *p.KeyID
	}
	if p.Subject != nil {
		filter.Subject = *p.Subject
	}
	if p.Cursor != nil {
		filter.Before, err = readCursor(*p.Cursor)
	}
	return filter, err
}

func auditJSON(from access.Entry) openapi.AuditEntry {
	entry := openapi.AuditEntry{
		ID: from.ID, At: utc(from.At), Action: string(from.Action), Subject: from.Subject, RequestID: from.RequestID,
	}
	if from.KeyID.Valid {
		entry.KeyID = &from.KeyID.UUID
	}
	if from.Address.IsValid() {
		address := from.Address.String()
		entry.Address = &address
	}
	return entry
}
