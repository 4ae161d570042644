// Package backup: placeholder by the lead so that app compiles; delete this file when the real package is written.
package backup

import (
	"context"
	"log/slog"
	"time"
)

type Config struct {
	DatabaseURL, Dir, LogDir, BinDir string
	Retention                        time.Duration
	Logger                           *slog.Logger
}
type Result struct {
	Path, Message string
	Bytes         int64
	At            time.Time
}
type Service struct{}

func New(Config) *Service                                  { return &Service{} }
func (*Service) Database(context.Context) (Result, error) { return Result{}, nil }
func (*Service) Logs(context.Context) (Result, error)     { return Result{}, nil }
func (*Service) Cleanup(context.Context) (Result, error)  { return Result{}, nil }
