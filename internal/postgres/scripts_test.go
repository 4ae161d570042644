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
