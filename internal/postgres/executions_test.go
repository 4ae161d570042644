package postgres_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"peneira/internal/execution"
	"peneira/internal/failure"
	"peneira/internal/script"
)

func TestAcceptTakesTheVersionOfTheMoment(t *testing.T) {
	t.Parallel()
	b := setup(t)
	hosted := b.host(t, "// 1")
	first := b.accept(t, hosted, `[]`)
	if _, err := b.scripts.Replace(t.Context(), hosted.ID, script.Draft{Name: "n", Content: "// 2"}); err != nil {
		t.Fatal(err)
	}
	second := b.accept(t, hosted, `[]`)
	asked, err := b.executions.Accept(t.Context(), execution.Request{ScriptID: hosted.ID, Version: 1, Input: []byte(`[]`)})
	if err != nil {
		t.Fatal(err)
	}
	for want, e := range map[int][]execution.Execution{1: {first, asked, b.get(t, first.ID)}, 2: {second, b.get(t, second.ID)}} {
		for _, got := range e {
			if got.ScriptVersion != want || got.Status != execution.Pending || got.CreatedAt.IsZero() {
				t.Errorf("accepted %+v, want pending with version %d", got, want)
			}
		}
	}
	if jobs := scan[int](t, b, `SELECT count(*) FROM river_job`); jobs != 3 {
		t.Errorf("3 executions have %d jobs", jobs)
	}
}

func TestAcceptRefusesWhatIsNotThere(t *testing.T) {
	t.Parallel()
	b := setup(t)
	hosted, deleted := b.host(t, "// 1"), b.host(t, "// 1")
	if err := b.scripts.Delete(t.Context(), deleted.ID); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		request execution.Request
		code    string
	}{
		"unknown script":  {execution.Request{ScriptID: uuid.New()}, "script-not-found"},
		"deleted script":  {execution.Request{ScriptID: deleted.ID}, "script-not-found"},
		"unknown version": {execution.Request{ScriptID: hosted.ID, Version: 2}, "version-not-found"},
		"version 1, cut":  {execution.Request{ScriptID: hosted.ID, Version: 1<<32 + 1}, "version-not-found"},
	} {
		c.request.Input = []byte(`1`)
		_, err := b.executions.Accept(t.Context(), c.request)
		if failure.KindOf(err) != failure.NotFound || !strings.Contains(err.Error(), c.code) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if left := scan[int](t, b, `SELECT (SELECT count(*) FROM executions) + (SELECT count(*) FROM river_job)`); left != 0 {
		t.Errorf("refused requests left %d rows", left)
	}
}

// What a client sends and what a script returns come back byte for byte, whatever JSONB thinks of it.
func TestJSONIsKeptAsWritten(t *testing.T) {
	t.Parallel()
	b := setup(t)
	hosted := b.host(t, "// 1")
	for name, text := range map[string]string{
		"order and white space": ` {"b" : 1, "a":2,"10":3,"9":4 } `,
		"duplicates":            `{"a":1,"a":2}`,
		"proto":                 `{"__proto__":{"x":1}}`,
		"U+0000":                `{"a\u0000b":"\u0000"}`,
		"lone surrogates":       `["\ud800","\udc00x","\ud83d\ude00"]`,
		"large numbers":         `[1e400,-1e400,1E-400,12345678901234567890,0.1e-7,-0]`,
		"beyond numeric":        `[1e131072,1e999999999,1e-999999999]`,
		"escapes":               `"\/\u003c<é\u00e9"`,
		"scalar":                `null`,
		"nested":                strings.Repeat("[", 1000) + strings.Repeat("]", 1000),
		"a million of numbers":  `[` + strings.Repeat("1,", 1_000_000) + `1]`,
		"numbers that explode":  `[` + strings.Repeat("1e300,", 100_000) + `1]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			accepted := b.accept(t, hosted, text)
			b.finish(t, b.begin(t, accepted.ID), execution.Outcome{Output: []byte(text)})
			got := b.get(t, accepted.ID)
			if string(got.Input) != text || string(got.Output) != text {
				t.Errorf("came back changed: %d and %d bytes of %d", len(got.Input), len(got.Output), len(text))
			}
			if null := scan[bool](t, b, `SELECT input_data IS NULL OR output_data IS NULL FROM executions WHERE id = $1`, accepted.ID); null {
				t.Error("the copy for SQL is missing")
			}
			if size := scan[int](t, b, `SELECT length(input_data::text) FROM executions WHERE id = $1`, accepted.ID); size > 4*len(text)+(20<<20) {
				t.Errorf("the copy for SQL prints %d bytes for %d: it would break pg_dump", size, len(text))
			}
		})
	}
}

func TestListPagesAndFilters(t *testing.T) {
	t.Parallel()
	b := setup(t)
	one, other := b.host(t, "// 1"), b.host(t, "// 2")
	var ids []uuid.UUID
	for i := range 6 {
		of := one
		if i%2 == 1 {
			of = other
		}
		ids = append(ids, b.accept(t, of, fmt.Sprint(i)).ID)
	}
	b.finish(t, b.begin(t, ids[2]), execution.Outcome{Output: []byte(`"out"`)})
	created := b.get(t, ids[3]).CreatedAt
	for name, c := range map[string]struct {
		filter execution.Filter
		want   []int
	}{
		"all":              {execution.Filter{Limit: 10}, []int{5, 4, 3, 2, 1, 0}},
		"first page":       {execution.Filter{Limit: 2}, []int{5, 4}},
		"next page":        {execution.Filter{Limit: 2, Before: ids[4]}, []int{3, 2}},
		"of a script":      {execution.Filter{Limit: 10, ScriptID: one.ID}, []int{4, 2, 0}},
		"page of a script": {execution.Filter{Limit: 1, ScriptID: one.ID, Before: ids[4]}, []int{2}},
		"by status":        {execution.Filter{Limit: 10, Status: execution.Completed}, []int{2}},
		"status, script":   {execution.Filter{Limit: 10, Status: execution.Pending, ScriptID: one.ID}, []int{4, 0}},
		"from":             {execution.Filter{Limit: 10, From: created}, []int{5, 4, 3}},
		"to":               {execution.Filter{Limit: 10, To: created}, []int{2, 1, 0}},
		"from and to":      {execution.Filter{Limit: 10, From: created, To: created.Add(time.Microsecond)}, []int{3}},
		"long ago":         {execution.Filter{Limit: 10, To: time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC)}, nil},
		"far ahead":        {execution.Filter{Limit: 10, From: time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)}, nil},
		"unknown script":   {execution.Filter{Limit: 10, ScriptID: uuid.New()}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list, err := b.executions.List(t.Context(), c.filter)
			if err != nil {
				t.Fatal(err)
			}
			var got, want []uuid.UUID
			for _, e := range list {
				got = append(got, e.ID)
				if e.Input != nil || e.Output != nil {
					t.Errorf("%s came with payloads that nobody asked for", e.ID)
				}
			}
			for _, i := range c.want {
				want = append(want, ids[i])
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}
