package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
)

const (
	corsMethods = "GET, HEAD, POST, PUT, DELETE"
	corsHeaders = "Authorization, X-API-Key, Content-Type, Content-Encoding, Idempotency-Key, Prefer, X-Request-Id"
	corsExposed = "Location, Link, X-Total-Count, X-Request-Id, Retry-After, Idempotency-Replayed, Preference-Applied, " +
		"RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, RateLimit-Policy"
	corsMaxAge = "600" // seconds
)

// cors lets the pages of listed origins use the API, with a key of their own: cookies are never let through, since an
// answer does not allow credentials. Without a list nothing is answered, and browsers keep foreign pages out.
func (s *server) cors(c *gin.Context) {
	if len(s.Origins) == 0 || !strings.HasPrefix(c.Request.URL.Path, "/api/") {
		return
	}
	header := c.Writer.Header()
	header.Add("Vary", "Origin")
	origin := c.GetHeader("Origin")
	if origin == "" || !slices.Contains(s.Origins, origin) {
		return
	}
	header.Set("Access-Control-Allow-Origin", origin)
	header.Set("Access-Control-Expose-Headers", corsExposed)
	if c.Request.Method != http.MethodOptions || c.GetHeader("Access-Control-Request-Method") == "" {
		return
	}
	header.Set("Access-Control-Allow-Methods", corsMethods)
	header.Set("Access-Control-Allow-Headers", corsHeaders)
	header.Set("Access-Control-Max-Age", corsMaxAge)
	c.AbortWithStatus(http.StatusNoContent)
	c.Writer.WriteHeaderNow()
}
