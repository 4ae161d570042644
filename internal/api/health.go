package api

import (
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"peneira/internal/api/openapi"
	"peneira/internal/failure"
)

// GetHealth answers GET /health: anybody with a word, and those who have a key with each part when they ask for JSON. The text is Healthy also when parts are degraded: it says whether the service works.
func (s *server) GetHealth(c *gin.Context) {
	wantsParts := strings.Contains(c.GetHeader("Accept"), typeJSON)
	if wantsParts && s.keysNeeded() {
		if _, err := s.identify(c); err != nil {
			s.fail(c, err)
			return
		}
	}
	report := s.Health.Report(c.Request.Context())
	status, word := http.StatusOK, "Healthy"
	if report.Status() == HealthDown {
		status, word = http.StatusServiceUnavailable, "Unhealthy"
	}
	c.Header("Vary", "Accept")
	if !wantsParts {
		send(c, status, typeText, []byte(word))
		return
	}
	health := openapi.Health{
		Status: openapi.HealthStatus(report.Status()), Version: s.Version, Parts: make([]openapi.HealthPart, len(report.Parts)),
	}
	for i, part := range report.Parts {
		health.Parts[i] = openapi.HealthPart{
			Name: part.Name, Status: openapi.HealthStatus(part.Status), Detail: part.Detail, CheckedAt: utc(part.CheckedAt),
			DurationMs: float64(part.Duration.Round(time.Microsecond)) / float64(time.Millisecond),
		}
	}
	s.answer(c, status, health)
}

// GetLiveness answers GET /livez. It touches nothing: a process that waits for its database must not be restarted.
func (s *server) GetLiveness(c *gin.Context) { send(c, http.StatusOK, typeText, []byte("Alive")) }

// GetReadiness answers GET /readyz.
func (s *server) GetReadiness(c *gin.Context) {
	if err := s.Health.Ready(c.Request.Context()); err != nil {
		sendProblem(c, failure.New(failure.Unavailable, codeNotReady, "Not ready: %s.", strings.TrimSuffix(err.Error(), ".")))
		return
	}
	send(c, http.StatusOK, typeText, []byte("Ready"))
}

// GetMetrics answers GET /metrics.
func (s *server) GetMetrics(c *gin.Context) { s.Mounts.Metrics.ServeHTTP(c.Writer, c.Request) }
