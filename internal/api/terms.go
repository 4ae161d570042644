package api

import (
	"strconv"
	"time"

	"peneira/internal/api/openapi"
	"peneira/internal/rawjson"
	"peneira/internal/script"
)

// terms are the members of a script that are objects of their own, as they were sent.
type terms struct{ limits, retention []byte }

// read reads them into the draft. It returns a failure of kind Invalid that names every member that is wrong.
func (t terms) read(draft *script.Draft) error {
	if err := readObject("limits", t.limits, limits(&draft.Limits)); err != nil {
		return err
	}
	return readObject("retention", t.retention, retention(&draft.Retention))
}

// readObject reads the object at path, which may be null or left out, as may be each of its members.
func readObject(path string, raw []byte, members []member) error {
	if raw == nil || string(raw) == "null" {
		return nil
	}
	r := reader{members: members, seen: make([]bool, len(members))}
	if raw[0] != '{' {
		r.wrong(path, "must be an object or null")
	} else if err := rawjson.Object(raw, rawjson.MaxDepth, r.member); err != nil {
		return malformed(err)
	} else {
		for i := range r.fields {
			r.fields[i].Path = path + "." + r.fields[i].Path
		}
	}
	return r.failure()
}

// units reads a whole number of units, from least.
func units(least int64, set func(int64)) func([]byte) string {
	return func(raw []byte) string {
		n, err := strconv.ParseInt(string(raw), 10, 64)
		if err != nil || n < least {
			return "must be a whole number from " + strconv.FormatInt(least, 10)
		}
		set(n)
		return ""
	}
}

// mostMilliseconds and mostSeconds are what a time.Duration can hold.
const (
	mostMilliseconds = int64(1<<63-1) / int64(time.Millisecond)
	mostSeconds      = int64(1<<63-1) / int64(time.Second)
)

func limits(to *script.Limits) []member {
	return []member{
		{"timeMs", false, orNull(units(1, func(n int64) { to.Time = time.Duration(min(n, mostMilliseconds)) * time.Millisecond }))},
		{"memoryBytes", false, orNull(units(script.MinMemoryBytes, func(n int64) { to.MemoryBytes = n }))},
		{"outputBytes", false, orNull(units(1, func(n int64) { to.OutputBytes = n }))},
		{"logBytes", false, orNull(units(1, func(n int64) { to.LogBytes = n }))},
	}
}

func retention(to *script.Retention) []member {
	keep := func(to **time.Duration) func(int64) {
		return func(n int64) {
			d := time.Duration(min(n, mostSeconds)) * time.Second
			*to = &d
		}
	}
	return []member{
		{"inputSeconds", false, orNull(units(0, keep(&to.Input)))},
		{"outputSeconds", false, orNull(units(0, keep(&to.Output)))},
	}
}

func limitsJSON(from script.Limits) openapi.ScriptLimits {
	return openapi.ScriptLimits{
		TimeMs: nonZero(from.Time.Milliseconds()), MemoryBytes: nonZero(from.MemoryBytes),
		OutputBytes: nonZero(from.OutputBytes), LogBytes: nonZero(from.LogBytes),
	}
}

func nonZero(n int64) *int64 {
	if n == 0 {
		return nil
	}
	return &n
}

func retentionJSON(from script.Retention) openapi.Retention {
	return openapi.Retention{InputSeconds: secondsOrNil(from.Input), OutputSeconds: secondsOrNil(from.Output)}
}

func secondsOrNil(d *time.Duration) *int64 {
	if d == nil {
		return nil
	}
	n := int64(*d / time.Second)
	return &n
}
