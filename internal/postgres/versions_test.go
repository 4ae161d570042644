package postgres_test

import (
	"reflect"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"peneira/internal/failure"
	"peneira/internal/script"
)

func seconds(n int) *time.Duration {
	d := time.Duration(n) * time.Second
	return &d
}

func TestTermsAreKeptWithTheVersionAndReplacedByAChange(t *testing.T) {
	t.Parallel()
	b := setup(t)
	limits := script.Limits{Time: 7 * time.Millisecond, MemoryBytes: 8 << 20, OutputBytes: 3, LogBytes: 4}
	first, err := b.scripts.Create(t.Context(), script.Draft{
		Name: "n", Content: "// 1", Limits: limits, Redact: []string{"$..cpf", "$['é']"},
		Retention: script.Retention{Input: seconds(0), Output: seconds(60)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := b.scripts.Get(t.Context(), first.ID); err != nil || !reflect.DeepEqual(got, first) {
		t.Errorf("got %+v (%v), want %+v", got, err, first)
	}
	second, err := b.scripts.Replace(t.Context(), first.ID, script.Draft{Name: "n", Content: "// 2", Redact: []string{"$.x"}})
	if err != nil || second.Limits != (script.Limits{}) || second.Retention.Input != nil || second.Retention.Output != nil {
		t.Fatalf("%+v (%v)", second, err)
	}
	if got, err := b.scripts.Get(t.Context(), first.ID); err != nil || !reflect.DeepEqual(got, second) {
		t.Errorf("got %+v (%v), want %+v", got, err, second)
	}
	old, err := b.scripts.Version(t.Context(), first.ID, 1)
	if err != nil || old.Limits != limits || !reflect.DeepEqual(old.Redact, first.Redact) {
		t.Errorf("version 1 is now %+v (%v)", old, err)
	}
	paths, err := b.scripts.Redactions(t.Context(), first.ID, 1)
	if err != nil || len(paths) != 3 {
		t.Errorf("redacted: %v (%v), want those of version 1 and of the current one", paths, err)
	}
}

func TestVersionsAreListedNewestFirst(t *testing.T) {
	t.Parallel()
	b := setup(t)
	hosted := b.host(t, "// 1")
	for i := 2; i <= 5; i++ {
		if _, err := b.scripts.Replace(t.Context(), hosted.ID, script.Draft{Name: "n", Content: "// " + strconv.Itoa(i)}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		page, size int
		want       []int
	}{{1, 2, []int{5, 4}}, {2, 2, []int{3, 2}}, {3, 2, []int{1}}, {4, 2, nil}, {1, 100, []int{5, 4, 3, 2, 1}}, {1_000_000, 100, nil}} {
		list, total, err := b.scripts.Versions(t.Context(), hosted.ID, c.page, c.size)
		if err != nil || total != 5 {
			t.Fatalf("%d of %v", total, err)
		}
		var got []int
		for _, one := range list {
			got = append(got, one.Number)
			if one.Content != "" {
				t.Errorf("version %d comes with its content", one.Number)
			}
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("page %d of %d: %v, want %v", c.page, c.size, got, c.want)
		}
	}
	if err := b.scripts.Delete(t.Context(), hosted.ID); err != nil {
		t.Fatal(err)
	}
	for _, id := range []uuid.UUID{hosted.ID, uuid.New()} {
		if _, _, err := b.scripts.Versions(t.Context(), id, 1, 10); failure.KindOf(err) != failure.NotFound {
			t.Errorf("versions of %s: %v", id, err)
		}
	}
}

// The count is kept by what changes scripts, however many do so at once, and by SQL too; nothing counts them when it is read.
func TestScriptsAreCountedWithoutAScan(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			hosted, err := b.scripts.Create(t.Context(), script.Draft{Name: "n", Content: "//"})
			if err == nil && i%4 == 0 {
				err = b.scripts.Delete(t.Context(), hosted.ID)
			}
			if err == nil && i%4 == 1 {
				_, err = b.scripts.Replace(t.Context(), hosted.ID, script.Draft{Name: "n", Content: "// 2"})
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	expect := func(want int) {
		t.Helper()
		if _, total, err := b.scripts.List(t.Context(), 1, 1); err != nil || total != want {
			t.Errorf("%d scripts (%v), want %d", total, err, want)
		}
	}
	expect(15)
	for _, c := range []struct {
		sql  string
		want int
	}{
		{`UPDATE scripts SET deleted_at = NULL WHERE id IN (SELECT id FROM scripts WHERE deleted_at IS NOT NULL LIMIT 2)`, 17},
		{`WITH s AS (INSERT INTO scripts (id, name, current_version) SELECT gen_random_uuid(), 'n', 1 FROM generate_series(1, 1000) RETURNING id)
		  INSERT INTO script_versions (script_id, number, content, sha256) SELECT id, 1, '//', sha256('//') FROM s`, 1017},
		{`UPDATE scripts SET deleted_at = now()`, 0},
		{`UPDATE scripts SET deleted_at = NULL`, 1020},
	} {
		if _, err := b.pool.Exec(t.Context(), c.sql); err != nil {
			t.Fatal(err)
		}
		expect(c.want)
	}
	// What is rolled back is not counted.
	tx, err := b.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `UPDATE scripts SET deleted_at = now()`); err != nil {
		t.Fatal(err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	expect(1020)
	if n := scan[int](t, b, `SELECT count(*) FROM script_count`); n != 16 {
		t.Errorf("%d rows are read for the count", n)
	}
}
