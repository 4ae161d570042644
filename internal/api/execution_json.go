package api

import (
	"time"

	"peneira/internal/api/openapi"
	"peneira/internal/execution"
)

// executionJSON writes an execution as JSON, in parts: the payloads among them are the bytes that are stored, neither
// copied nor changed, since encoding/json would compact them.
func executionJSON(from execution.Execution) ([][]byte, error) {
	head, err := marshal(struct {
		openapi.Execution
		OutputData *struct{} `json:"outputData,omitempty"` // leaves out the one of the model, which follows by hand
	}{Execution: executionModel(from)})
	if err != nil {
		return nil, err
	}
	parts := [][]byte{head[:len(head)-1]} // without the closing brace
	if from.Input != nil {
		parts = append(parts, []byte(`,"inputData":`), from.Input)
	}
	output := from.Output
	if output == nil {
		output = []byte("null")
	}
	return append(parts, []byte(`,"outputData":`), output, []byte("}")), nil
}

// executionModel is an execution without its payloads.
func executionModel(from execution.Execution) openapi.Execution {
	to := openapi.Execution{
		ID: from.ID, ScriptID: from.ScriptID, ScriptVersion: from.ScriptVersion,
		Status: openapi.ExecutionStatus(from.Status), Attempt: from.Attempt,
		CreatedAt: utc(from.CreatedAt), StartedAt: utcOrNil(from.StartedAt), CompletedAt: utcOrNil(from.CompletedAt),
		ExecutionTimeMs: count(from.RunTime, time.Millisecond), ExecutionTimeUs: count(from.RunTime, time.Microsecond),
		QueueTimeMs: count(from.QueueTime, time.Millisecond),
		Logs:        make([]openapi.LogEntry, len(from.Logs)),

		InputRemovedAt: utcOrNil(from.InputRemovedAt), OutputRemovedAt: utcOrNil(from.OutputRemovedAt),
	}
	if from.RerunOf.Valid {
		to.RerunOf = &from.RerunOf.UUID
	}
	for i, entry := range from.Logs {
		to.Logs[i] = openapi.LogEntry{Level: openapi.LogEntryLevel(entry.Level), Message: entry.Message}
	}
	if from.ErrorMessage != "" {
		to.ErrorMessage = &from.ErrorMessage
	}
	if e := from.Error; e != nil {
		to.Error = &openapi.ExecutionError{
			Kind: openapi.ExecutionErrorKind(e.Kind), Message: e.Message, Line: positive(e.Line), Column: positive(e.Column),
			Name: nonEmpty(e.Name), Stack: nonEmpty(e.Stack),
		}
	}
	return to
}

func nonEmpty(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func utcOrNil(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := utc(*t)
	return &u
}

// count rounds a duration to a whole number of units; a clock that was set back does not make it negative.
func count(d *time.Duration, unit time.Duration) *int64 {
	if d == nil {
		return nil
	}
	n := int64(max(*d, 0).Round(unit) / unit)
	return &n
}
