package postgres_test

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"peneira/internal/failure"
	"peneira/internal/script"
)

func TestScriptIsHostedReadReplacedAndDeleted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()
	draft := script.Draft{Name: "cards", Description: "d", Content: "function process(d) { return d }", ChangeNote: "first"}
	created, err := b.scripts.Create(ctx, draft)
	if err != nil {
		t.Fatal(err)
	}
	got, err := b.scripts.Get(ctx, created.ID)
	if err != nil || !reflect.DeepEqual(got, created) {
		t.Fatalf("read back\n%+v (%v), want\n%+v", got, err, created)
	}
	draft.Content, draft.Name, draft.ChangeNote = "function process() {}", "cards, renamed", "second"
	replaced, err := b.scripts.Replace(ctx, created.ID, draft)
	if err != nil || replaced.Version != 2 || replaced.Name != draft.Name || !replaced.CreatedAt.Equal(created.CreatedAt) {
		t.Fatalf("replaced: %+v (%v)", replaced, err)
	}
	first, err := b.scripts.Version(ctx, created.ID, 1)
	if err != nil || first.Content != created.Content || first.ChangeNote != "first" || first.SHA256 != created.SHA256 {
		t.Errorf("version 1 changed: %+v (%v)", first, err)
	}
	if err := b.scripts.Delete(ctx, created.ID); err != nil {
		t.Fatal(err)
	}
	_, getErr := b.scripts.Get(ctx, created.ID)
	_, replaceErr := b.scripts.Replace(ctx, created.ID, draft)
	for name, err := range map[string]error{"get": getErr, "replace": replaceErr, "delete": b.scripts.Delete(ctx, created.ID)} {
		if failure.KindOf(err) != failure.NotFound {
			t.Errorf("%s of a deleted script: %v", name, err)
		}
	}
	if _, err := b.scripts.Version(ctx, created.ID, 2); err != nil {
		t.Errorf("the version of a deleted script is gone, and with it what accepted executions run: %v", err)
	}
}

func TestScriptsAreListedNewestFirst(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if list, total, err := b.scripts.List(t.Context(), 1, 10); err != nil || len(list) != 0 || total != 0 {
		t.Fatalf("an empty database lists %v, %d (%v)", list, total, err)
	}
	var ids []uuid.UUID
	for i := range 5 {
		ids = append(ids, b.host(t, fmt.Sprint("// ", i)).ID)
	}
	if err := b.scripts.Delete(t.Context(), ids[3]); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		page, size int
		want       []uuid.UUID
	}{
		{1, 3, []uuid.UUID{ids[4], ids[2], ids[1]}},
		{2, 3, []uuid.UUID{ids[0]}},
		{3, 3, nil},
		{1 << 40, 100, nil},
	} {
		list, total, err := b.scripts.List(t.Context(), c.page, c.size)
		if err != nil || total != 4 {
			t.Fatalf("page %d: total %d (%v)", c.page, total, err)
		}
		var got []uuid.UUID
		for _, s := range list {
			got = append(got, s.ID)
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("page %d of %d: %v, want %v", c.page, c.size, got, c.want)
		}
	}
}

// Pages far from both ends are the right ones after scripts were hosted in bulk and one by one, at once from several sides,
// also below others, and deleted in between; the marks that shorten the way to them are exact, and near one another.
func TestDeepPagesOfScripts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const bulk = `WITH hosted AS (
		INSERT INTO scripts (id, name, current_version)
		SELECT overlay(uuidv7_floor('2020-01-01'::timestamptz + n * interval '1 hour')::text PLACING lpad(to_hex(n), 12, '0') FROM 25)::uuid, 'n', 1
		FROM generate_series($1::integer, $2::integer, 2) AS n
		RETURNING id
	)
	INSERT INTO script_versions (script_id, number, content, sha256) SELECT id, 1, 'x', sha256('x') FROM hosted`
	exec := func(sql string, arguments ...any) {
		if _, err := b.pool.Exec(t.Context(), sql, arguments...); err != nil {
			t.Error(err)
		}
	}
	exec(bulk, 1, 1400)
	exec(bulk, 1401, 3000)
	if far := b.farthestMarks(t); far > 512 {
		t.Errorf("%d scripts lie between two marks", far)
	}
	exec(`UPDATE scripts SET deleted_at = now() WHERE hashtext(id::text) % 3 = 0`)
	var everyone sync.WaitGroup
	for side := range 4 {
		everyone.Go(func() {
			for i := range 5 {
				first := 4000 + 1000*side + 200*i
				exec(bulk, first, first+199)
			}
		})
		everyone.Go(func() { exec(bulk, 1000+side*100, 1000+side*100+99) }) // below others
		everyone.Go(func() {
			exec(`UPDATE scripts SET deleted_at = now() WHERE deleted_at IS NULL AND hashtext(id::text) % 11 = $1::integer`, side)
		})
		everyone.Go(func() {
			exec(`UPDATE scripts SET description = 'changed' WHERE hashtext(id::text) % 11 = 7 - $1::integer`, side)
			if err := b.scripts.ThinMarks(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	everyone.Wait()
	exec(bulk, 9000, 9900)
	b.pagesAreRight(t)

	// Once most scripts between them are deleted, there are no more marks than the rest needs.
	exec(`UPDATE scripts SET deleted_at = now() WHERE deleted_at IS NULL AND hashtext(id::text) % 5 <> 0`)
	before, far := scan[int](t, b, `SELECT count(*) FROM script_marks`), b.farthestMarks(t)
	if err := b.scripts.ThinMarks(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, most := scan[int](t, b, `SELECT count(*) FROM script_marks`), scan[int](t, b, `SELECT sum(number)::bigint / 256 + 1 FROM script_count`); n == 0 || n > most || n >= before {
		t.Errorf("%d of %d marks are left, want at most %d", n, before, most)
	}
	// Where others held the lock meanwhile, they were far from one another before; thinning adds less than a multiple of 256 to that.
	if thinned := b.farthestMarks(t); thinned > far+255 {
		t.Errorf("%d scripts lie between two marks, %d before thinning", thinned, far)
	}
	b.pagesAreRight(t)
}

// farthestMarks returns how many scripts lie between two neighbouring marks, or above the newest, at most.
func (b bundle) farthestMarks(t *testing.T) int {
	t.Helper()
	return scan[int](t, b, `SELECT max(above - below) FROM (SELECT below, lead(below, 1, (SELECT sum(number)::bigint FROM script_count))
		OVER (ORDER BY id) AS above FROM script_marks) AS gaps`)
}

// pagesAreRight checks the marks, and all pages of scripts of two sizes.
func (b bundle) pagesAreRight(t *testing.T) {
	t.Helper()
	if wrong := scan[int](t, b, `SELECT count(*) FROM script_marks m
		WHERE below <> (SELECT count(*) FROM scripts s WHERE s.deleted_at IS NULL AND s.id < m.id)`); wrong > 0 {
		t.Errorf("%d marks are wrong", wrong)
	}
	want := scan[[]uuid.UUID](t, b, `SELECT array_agg(id ORDER BY id DESC) FROM scripts WHERE deleted_at IS NULL`)
	for _, size := range []int{7, 100} {
		for page := 1; page <= len(want)/size+2; page++ {
			list, total, err := b.scripts.List(t.Context(), page, size)
			if err != nil || total != len(want) {
				t.Fatalf("page %d: total %d, want %d (%v)", page, total, len(want), err)
			}
			first := min((page-1)*size, len(want))
			for i, id := range want[first:min(first+size, len(want))] {
				if i >= len(list) || list[i].ID != id {
					t.Fatalf("page %d of %d is not what is there", page, size)
				}
			}
		}
	}
}

func TestOfManyChangesAtOnceAllBecomeVersions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	hosted := b.host(t, "// 0")
	const changes = 12
	var wg sync.WaitGroup
	for i := range changes {
		wg.Go(func() {
			_, err := b.scripts.Replace(t.Context(), hosted.ID, script.Draft{Name: "n", Content: fmt.Sprint("// change ", i)})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for number := 2; number <= changes+1; number++ {
		version, err := b.scripts.Version(t.Context(), hosted.ID, number)
		if err != nil {
			t.Fatal(err)
		}
		seen[version.Content] = true
	}
	if len(seen) != changes {
		t.Errorf("%d changes became %d versions", changes, len(seen))
	}
	current, err := b.scripts.Get(t.Context(), hosted.ID)
	if err != nil || current.Version != changes+1 {
		t.Errorf("current version %d (%v)", current.Version, err)
	}
}

func TestTheDatabaseHoldsVersionsImmutable(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.host(t, "// x")
	for _, sql := range []string{
		`UPDATE script_versions SET content = 'y'`,
		`DELETE FROM script_versions`,
	} {
		if _, err := b.pool.Exec(t.Context(), sql); err == nil || !strings.Contains(err.Error(), "immutable") {
			t.Errorf("%s: %v", sql, err)
		}
	}
}
