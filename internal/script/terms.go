package script

import (
	"fmt"
	"strconv"
	"time"

	"peneira/internal/failure"
	"peneira/internal/redact"
)

// Limits narrow the server's limits for the runs of one version. A field that is zero stands for the server's own.
type Limits struct {
	Time        time.Duration // in whole milliseconds
	MemoryBytes int64
	OutputBytes int64
	LogBytes    int64
}

// The least that a limit may be.
const (
	MinTime        = time.Millisecond
	MinMemoryBytes = 4 << 20 // what an empty script needs
)

// Within returns a failure of kind Invalid that names every limit above the server's. A server whose own limits are not
// known, which are zero, allows all.
func (l Limits) Within(server Limits) error {
	var fields []failure.Field
	for _, limit := range []struct {
		path         string
		value, bound int64
	}{
		{"limits.timeMs", l.Time.Milliseconds(), server.Time.Milliseconds()},
		{"limits.memoryBytes", l.MemoryBytes, server.MemoryBytes},
		{"limits.outputBytes", l.OutputBytes, server.OutputBytes},
		{"limits.logBytes", l.LogBytes, server.LogBytes},
	} {
		if limit.bound > 0 && limit.value > limit.bound {
			fields = append(fields, failure.Field{
				Path:    limit.path,
				Message: "must not be above the server's limit, which is " + strconv.FormatInt(limit.bound, 10),
			})
		}
	}
	if len(fields) == 0 {
		return nil
	}
	return invalid(fields)
}

// Retention says how long payloads are kept after the end of their execution. Nil keeps them.
type Retention struct {
	Input  *time.Duration // the data, the logs and the text of errors; in whole seconds
	Output *time.Duration // the result; in whole seconds
}

// MaxRetention is the longest retention that can be asked for: a hundred years.
const MaxRetention = 100 * 365 * 24 * time.Hour

// validateTerms checks limits, retention and redaction, but not against the server's limits.
func (d Draft) validateTerms(wrong func(path, message string)) {
	if t := d.Limits.Time; t != 0 && t < MinTime {
		wrong("limits.timeMs", "must be at least 1")
	}
	if n := d.Limits.MemoryBytes; n != 0 && n < MinMemoryBytes {
		wrong("limits.memoryBytes", "must be at least "+strconv.Itoa(MinMemoryBytes))
	}
	for _, keep := range []struct {
		path  string
		value *time.Duration
	}{{"retention.inputSeconds", d.Retention.Input}, {"retention.outputSeconds", d.Retention.Output}} {
		if keep.value != nil && (*keep.value < 0 || *keep.value > MaxRetention) {
			wrong(keep.path, "must be from 0 to "+strconv.Itoa(int(MaxRetention/time.Second)))
		}
	}
	if _, at, err := redact.Parse(d.Redact); err != nil {
		wrong(fmt.Sprintf("redact[%d]", at), err.Error())
	}
}
