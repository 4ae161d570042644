package api

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"peneira/internal/api/openapi"
)

// BackupDatabase answers POST /api/backup/database.
func (s *server) BackupDatabase(c *gin.Context) { s.backUp(c, s.Backups.Database) }

// BackupLogs answers POST /api/backup/logs.
func (s *server) BackupLogs(c *gin.Context) { s.backUp(c, s.Backups.Logs) }

// CleanUpBackups answers POST /api/backup/cleanup.
func (s *server) CleanUpBackups(c *gin.Context) { s.backUp(c, s.Backups.Cleanup) }

func (s *server) backUp(c *gin.Context, do func(context.Context) (Backup, error)) {
	made, err := do(c.Request.Context())
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, openapi.Backup{
		Success: true, BackupPath: made.Path, Message: made.Message, Timestamp: utc(made.At),
	})
}
