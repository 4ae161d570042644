package app

import (
	"io"
	"log/slog"

	"peneira/internal/config"
	"peneira/internal/observe"
)

// OpenLog returns the log that the settings ask for: to stderr, and to a file of the role's own if they say so. done closes
// the file. The error is that the file cannot be opened.
func OpenLog(cfg config.Config, stderr io.Writer) (log *slog.Logger, done func(), err error) {
	if !cfg.LogFile.On() {
		return observe.NewLogger(stderr, cfg.LogLevel.Level()), func() {}, nil
	}
	file, err := observe.OpenLogFile(cfg.LogDir(), string(cfg.Role))
	if err != nil {
		return nil, nil, err
	}
	return observe.NewLogger(observe.Both(stderr, file), cfg.LogLevel.Level()), func() { _ = file.Close() }, nil
}
