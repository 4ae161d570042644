// Package observe holds what an operator sees of the service: logs, metrics and health.
package observe

import (
	"io"
	"log/slog"
	"time"
)

// NewLogger returns a logger that writes one JSON object a line to w, with times in UTC.
// No caller may log a payload, a script's source or its output: logs are read by more people than the data is.
func NewLogger(w io.Writer, level slog.Leveler) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{
		Level: level,
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && a.Key == slog.TimeKey {
				a.Value = slog.StringValue(a.Value.Time().UTC().Format(time.RFC3339Nano))
			}
			return a
		},
	}))
}
