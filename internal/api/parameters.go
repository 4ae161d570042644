package api

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"peneira/internal/api/openapi"
	"peneira/internal/execution"
	"peneira/internal/failure"
)

// Bounds of pages.
const (
	defaultScripts    = 10
	defaultExecutions = 20
	maxPageSize       = 100
	maxPage           = 1_000_000
)

// canonicalUUID is the length of the one form of a UUID that is accepted.
const canonicalUUID = 36

// rules says what each parameter must be.
var rules = map[string]string{
	"id":       "must be a UUID such as 01930f6e-7a52-7c31-9f0a-5b7c2a4d9e10",
	"scriptId": "must be a UUID such as 01930f6e-7a52-7c31-9f0a-5b7c2a4d9e10",
	"page":     "must be one whole number from 1 to 1000000",
	"size":     "must be one whole number from 1 to 100",
	"status":   "must be one of pending, running, completed, failed and cancelled",
	"from":     "must be a time such as 2026-01-31T00:00:00Z (RFC 3339; in an address a + is written %2B)",
	"to":       "must be a time such as 2026-01-31T00:00:00Z (RFC 3339; in an address a + is written %2B)",
	"cursor":   "must be a cursor as it stands in the Link header of the page before",
	"include":  "must be input, output or input,output",
	"version":  "must be same or current",
	"action":   "must be an action such as script.host",
	"keyId":    "must be a UUID such as 01930f6e-7a52-7c31-9f0a-5b7c2a4d9e10",
	"subject":  "must be the id of what was done something to",
	"number":   "must be one whole number from 1 to 2147483647",
	"redacted": "must be true or false",
	"wait":     "must be one whole number of seconds from 0 to 60",
}

func badParameter(name, message string) error {
	return failure.New(failure.Invalid, codeInvalidParameter, "The parameter %q %s.", name, message).
		With(failure.Field{Path: name, Message: message})
}

// refuseParameter answers for the generated code when a parameter cannot be read. Its error names the parameter.
func (s *server) refuseParameter(c *gin.Context, err error, _ int) {
	for word := range strings.FieldsSeq(err.Error()) {
		name := strings.Trim(word, ":,'\"")
		if rule, ok := rules[name]; ok {
			s.fail(c, badParameter(name, rule))
			return
		}
	}
	s.fail(c, failure.New(failure.Invalid, codeInvalidParameter, "A parameter is not valid.").Because(err))
}

// strictParameters refuses what the generated code lets pass: query parameters that the route does not know, which are
// typing errors, and other ways of writing a UUID.
func (s *server) strictParameters(r route) gin.HandlerFunc {
	if !strings.HasPrefix(r.path, "/api/") {
		// What is no text names no page and no file, and those who look for it stumble.
		return func(c *gin.Context) {
			if !isText(c.Request.URL.Path) {
				s.noRoute(c)
			}
		}
	}
	return func(c *gin.Context) {
		for _, p := range c.Params {
			if p.Key != "number" && len(p.Value) != canonicalUUID {
				s.fail(c, badParameter(p.Key, rules[p.Key]))
				return
			}
		}
		if c.Request.URL.RawQuery == "" {
			return
		}
		query := c.Request.URL.Query()
		for _, name := range slices.Sorted(maps.Keys(query)) {
			if !slices.Contains(r.query, name) {
				s.fail(c, badParameter(shorten(name), "is not known here; "+knownParameters(r.query)))
				return
			}
		}
		for name, values := range query {
			if slices.ContainsFunc(values, func(v string) bool { return !isText(v) }) {
				s.fail(c, badParameter(name, "must be valid UTF-8 without U+0000"))
				return
			}
		}
		for _, name := range []string{"scriptId", "keyId"} {
			if query.Has(name) && len(query.Get(name)) != canonicalUUID {
				s.fail(c, badParameter(name, rules[name]))
				return
			}
		}
	}
}

// isText reports whether PostgreSQL takes it as text.
func isText(value string) bool { return utf8.ValidString(value) && !strings.ContainsRune(value, 0) }

func knownParameters(names []string) string {
	if len(names) == 0 {
		return "this address takes none"
	}
	return "known are " + strings.Join(names, ", ")
}

// number checks a number from 1 to most; nil means fallback.
func number(name string, value *int, fallback, most int) (int, error) {
	if value == nil {
		return fallback, nil
	}
	if *value < 1 || *value > most {
		return 0, badParameter(name, rules[name])
	}
	return *value, nil
}

// listFilter chooses executions, and which of their payloads are shown with them.
type listFilter struct {
	execution.Filter

	withInput, withOutput bool
}

// filterOf checks the parameters of a list of executions.
func filterOf(p openapi.ListExecutionsByScriptParams) (listFilter, error) {
	var filter listFilter
	var err error
	if filter.Limit, err = number("size", p.Size, defaultExecutions, maxPageSize); err != nil {
		return filter, err
	}
	if p.Status != nil {
		if filter.Status = execution.Status(*p.Status); !filter.Status.Valid() {
			return filter, badParameter("status", rules["status"])
		}
	}
	filter.From, filter.To = timeOf(p.From), timeOf(p.To)
	if p.From != nil && p.To != nil && !filter.From.Before(filter.To) {
		return filter, badParameter("to", `must be later than "from"`)
	}
	if p.Cursor != nil {
		if filter.Before, err = readCursor(*p.Cursor); err != nil {
			return filter, err
		}
	}
	if p.Include != nil {
		for _, what := range *p.Include {
			switch what {
			case string(openapi.ListExecutionsParamsIncludeIncludeInput):
				filter.withInput = true
			case string(openapi.ListExecutionsParamsIncludeIncludeOutput):
				filter.withOutput = true
			default:
				return filter, badParameter("include", rules["include"])
			}
		}
	}
	return filter, nil
}

func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// writeCursor makes the cursor of the page that follows an execution. Clients are not to look into it.
func writeCursor(last uuid.UUID) string { return base64.RawURLEncoding.EncodeToString(last[:]) }

func readCursor(cursor string) (uuid.UUID, error) {
	const version = 7 // of every execution's id
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(raw) != len(uuid.UUID{}) || uuid.UUID(raw).Version() != version {
		return uuid.Nil, badParameter("cursor", rules["cursor"])
	}
	return uuid.UUID(raw), nil
}
