package api

import (
	"encoding/hex"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"peneira/internal/api/openapi"
	"peneira/internal/script"
)

// ListScriptVersions answers GET /api/scripts/{id}/versions.
func (s *server) ListScriptVersions(c *gin.Context, id openapi.ScriptID, params openapi.ListScriptVersionsParams) {
	page, size, err := pageOf(params.Page, params.Size)
	if err != nil {
		s.fail(c, err)
		return
	}
	versions, total, err := s.Scripts.Versions(c.Request.Context(), id, page, size)
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("X-Total-Count", strconv.Itoa(total))
	c.Header("Link", pageLinks("/api/scripts/"+id.String()+"/versions", page, size, total))
	streamList(s, c, versions, func(one script.Version) ([][]byte, error) {
		full, err := s.Scripts.Version(c.Request.Context(), id, one.Number)
		return marshalPart(versionJSON(full), err)
	})
}

// GetScriptVersion answers GET /api/scripts/{id}/versions/{number}.
func (s *server) GetScriptVersion(c *gin.Context, id openapi.ScriptID, number int) {
	if number < 1 || number > maxVersion {
		s.fail(c, badParameter("number", rules["number"]))
		return
	}
	// The versions of a deleted script are there for the executions that run them, and hidden as the script is.
	if _, err := s.Scripts.Get(c.Request.Context(), id); err != nil {
		s.fail(c, err)
		return
	}
	version, err := s.Scripts.Version(c.Request.Context(), id, number)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, versionJSON(version))
}

func versionJSON(from script.Version) openapi.ScriptVersion {
	return openapi.ScriptVersion{
		ScriptID: from.ScriptID, Version: from.Number, Content: from.Content, Sha256: hex.EncodeToString(from.SHA256[:]),
		ChangeNote: from.ChangeNote, CreatedAt: utc(from.CreatedAt),
		Limits: limitsJSON(from.Limits), Redact: append([]string{}, from.Redact...),
	}
}

// pageOf checks the parameters of a page of scripts or versions.
func pageOf(page, size *int) (checkedPage, checkedSize int, err error) {
	if checkedPage, err = number("page", page, 1, maxPage); err != nil {
		return 0, 0, err
	}
	checkedSize, err = number("size", size, defaultScripts, maxPageSize)
	return checkedPage, checkedSize, err
}
