package sandbox

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"peneira/internal/execution"
	"peneira/internal/rawjson"
	"peneira/internal/sandbox/wire"
)

// takeResult checks that a result is JSON that the service can store.
func (c *conversation) takeResult(output []byte) error {
	err := rawjson.Check(output, rawjson.MaxDepth)
	switch {
	case err == nil:
		c.answer.output = output
		return nil
	case errors.Is(err, rawjson.ErrTooDeep):
		c.answer.failure = &wire.Failure{
			Fault:   wire.ScriptFault,
			Name:    "RangeError",
			Message: fmt.Sprintf("the result is nested more than %d levels deep", rawjson.MaxDepth),
		}
		return nil
	default:
		return fmt.Errorf("%w: %w", wire.ErrProtocol, err)
	}
}

// outcome tells people how a run ended.
func (a *answer) outcome(limits Limits) execution.Outcome {
	o := execution.Outcome{Logs: a.logs, RunTime: a.runTime}
	switch {
	case a.ended != notEnded:
		o.Err = a.ended.explain(limits, a.detail)
	case a.failure != nil:
		o.Err = explainFailure(a.failure, limits)
	default:
		o.Output = a.output
	}
	return o
}

// explain tells why a child died.
func (r reason) explain(limits Limits, detail string) *execution.Error {
	e := &execution.Error{Kind: execution.Crashed}
	switch {
	case r == endedByTime:
		e.Kind, e.Message = execution.TimeLimit, timeMessage(limits)
	case r == endedByMemory:
		e.Kind, e.Message = execution.MemoryLimit, "the script used more memory than its limit of "+formatBytes(limits.MemoryBytes)
	case r == endedByProtocol:
		e.Message = "the sandbox answered out of protocol"
	case r == endedByOutsider:
		e.Message = "the sandbox was killed from outside, twice; the machine may be out of memory"
	case detail != "":
		e.Message = detail
	default:
		e.Message = "the script brought the engine down"
	}
	return e
}

// explainFailure tells what a child said that the script did wrong.
func explainFailure(f *wire.Failure, limits Limits) *execution.Error {
	e := &execution.Error{
		Name:    plain(f.Name),
		Message: plain(f.Message),
		Line:    position(f.Line),
		Column:  position(f.Column),
		Stack:   plain(f.Stack),
	}
	switch f.Fault {
	case wire.ScriptFault:
		e.Kind = execution.ScriptError
	case wire.TimeFault:
		e.Kind, e.Name, e.Message = execution.TimeLimit, "", timeMessage(limits)
	case wire.OutputFault:
		e.Kind, e.Name = execution.OutputLimit, ""
		e.Message = "the result is larger than the output limit of " + formatBytes(limits.OutputBytes)
	default:
		e.Kind = execution.Crashed
	}
	return e
}

func timeMessage(limits Limits) string {
	return "the script ran longer than its time limit of " + formatDuration(limits.Time)
}

// position returns a line or column that fits anywhere an int32 does; one that does not is unknown.
func position(n uint32) int {
	if n > 1<<30 {
		return 0
	}
	return int(n)
}

// plain makes a text from a sandbox fit to be stored: valid UTF-8 without U+0000, which PostgreSQL's text cannot hold.
func plain(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// formatDuration writes a time limit as people do: "5 s", "250 ms", "1.5 s".
func formatDuration(d time.Duration) string {
	if d < time.Second {
		return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'g', 6, 64) + " ms"
	}
	return strconv.FormatFloat(d.Seconds(), 'g', 6, 64) + " s"
}

// formatBytes writes a size in the largest unit that leaves no fraction.
func formatBytes(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return strconv.FormatInt(n>>20, 10) + " MiB"
	case n >= 1<<10 && n%(1<<10) == 0:
		return strconv.FormatInt(n>>10, 10) + " KiB"
	default:
		return strconv.FormatInt(n, 10) + " bytes"
	}
}
