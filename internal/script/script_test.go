package script_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"peneira/internal/failure"
	"peneira/internal/script"
)

func TestValidateNamesEveryWrongField(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		draft script.Draft
		want  []string
	}{
		"fine":                 {script.Draft{Name: "a", Content: "x"}, nil},
		"longest of all":       {script.Draft{Name: strings.Repeat("é", 255), Description: strings.Repeat("é", 1000), Content: strings.Repeat("x", 1<<20)}, nil},
		"empty":                {script.Draft{}, []string{"name", "content"}},
		"blank name":           {script.Draft{Name: " \t", Content: "x"}, []string{"name"}},
		"long name":            {script.Draft{Name: strings.Repeat("é", 256), Content: "x"}, []string{"name"}},
		"long texts":           {script.Draft{Name: "a", Description: strings.Repeat("d", 1001), ChangeNote: strings.Repeat("n", 1001), Content: "x"}, []string{"description", "changeNote"}},
		"content over 1 MiB":   {script.Draft{Name: "a", Content: strings.Repeat("x", 1<<20+1)}, []string{"content"}},
		"U+0000 in every text": {script.Draft{Name: "a\x00", Description: "\x00", ChangeNote: "\x00", Content: "\x00"}, []string{"name", "description", "changeNote", "content"}},
		"limits, retention and redaction": {script.Draft{
			Name: "a", Content: "x", Limits: script.Limits{Time: time.Millisecond, MemoryBytes: 4 << 20, OutputBytes: 1, LogBytes: 1},
			Retention: script.Retention{Input: seconds(0), Output: seconds(3153600000)}, Redact: []string{"$..cpf", "$.rows[*]['e mail']"},
		}, nil},
		"terms that cannot be": {script.Draft{
			Name: "a", Content: "x", Limits: script.Limits{Time: time.Microsecond, MemoryBytes: 1},
			Retention: script.Retention{Input: seconds(-1), Output: seconds(3153600001)}, Redact: []string{"$", "cpf"},
		}, []string{"limits.timeMs", "limits.memoryBytes", "retention.inputSeconds", "retention.outputSeconds", "redact[1]"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := c.draft.Validate()
			var failed *failure.Error
			if errors.As(err, &failed) != (c.want != nil) {
				t.Fatalf("error %v", err)
			}
			var got []string
			if failed != nil {
				for _, f := range failed.Fields {
					got = append(got, f.Path)
				}
			}
			if strings.Join(got, " ") != strings.Join(c.want, " ") {
				t.Errorf("wrong fields: %v, want %v", got, c.want)
			}
		})
	}
}

func seconds(n int64) *time.Duration {
	d := time.Duration(n) * time.Second
	return &d
}

func TestLimitsMayOnlyNarrowTheServers(t *testing.T) {
	t.Parallel()
	server := script.Limits{Time: time.Second, MemoryBytes: 16 << 20, OutputBytes: 1024, LogBytes: 1024}
	for name, c := range map[string]struct {
		limits, server script.Limits
		want           []string
	}{
		"none":      {script.Limits{}, server, nil},
		"the same":  {server, server, nil},
		"narrower":  {script.Limits{Time: time.Millisecond, LogBytes: 1}, server, nil},
		"wider":     {script.Limits{Time: time.Second + time.Millisecond, MemoryBytes: 1 << 40, OutputBytes: 1025, LogBytes: 1025}, server, []string{"limits.timeMs", "limits.memoryBytes", "limits.outputBytes", "limits.logBytes"}},
		"one wider": {script.Limits{Time: time.Millisecond, OutputBytes: 1025}, server, []string{"limits.outputBytes"}},
		"no bounds": {server, script.Limits{}, nil},
	} {
		err := c.limits.Within(c.server)
		var got []string
		if failed, ok := errors.AsType[*failure.Error](err); ok {
			for _, f := range failed.Fields {
				got = append(got, f.Path)
			}
		}
		if strings.Join(got, " ") != strings.Join(c.want, " ") {
			t.Errorf("%s: %v (%v), want %v", name, got, err, c.want)
		}
	}
}
