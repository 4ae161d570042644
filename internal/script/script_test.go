package script_test

import (
	"errors"
	"strings"
	"testing"

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
