package postgres_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"peneira/internal/access"
	"peneira/internal/execution"
	"peneira/internal/postgres"
	"peneira/internal/script"
)

func TestTheAuditLogTellsWhoDidWhat(t *testing.T) {
	t.Parallel()
	b := setup(t)
	log := postgres.NewAudit(b.pool)
	caller := access.Caller{Key: access.Key{ID: uuid.Must(uuid.NewV7())}, RequestID: "r-1", Address: netip.MustParseAddr("192.0.2.7")}
	ctx := access.With(t.Context(), &caller)
	b.host(t, "// nobody's")
	hosted, err := b.scripts.Create(ctx, script.Draft{Name: "n", Content: "const process = d => d"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.scripts.Replace(ctx, hosted.ID, script.Draft{Name: "n", Content: "const process = d => 2"}); err != nil {
		t.Fatal(err)
	}
	first, err := b.executions.Accept(ctx, execution.Request{ScriptID: hosted.ID, Input: []byte(`"canary-payload"`)})
	if err != nil {
		t.Fatal(err)
	}
	again, err := b.executions.Accept(ctx, execution.Request{ScriptID: hosted.ID, Input: []byte("1"), RerunOf: first.ID})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.executions.Cancel(ctx, first.ID); err != nil {
		t.Fatal(err)
	}
	if err := b.executions.Cancel(ctx, first.ID); err == nil { // it is refused, and so not recorded
		t.Error("cancelled twice")
	}
	if err := b.scripts.Delete(ctx, hosted.ID); err != nil {
		t.Fatal(err)
	}
	entries, err := log.List(t.Context(), access.Filter{KeyID: caller.Key.ID, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	want := []struct {
		action  access.Action
		subject uuid.UUID
	}{
		{access.ScriptDeleted, hosted.ID},
		{access.ExecutionCancelled, first.ID},
		{access.ExecutionRerun, again.ID},
		{access.ExecutionRun, first.ID},
		{access.ScriptChanged, hosted.ID},
		{access.ScriptHosted, hosted.ID},
	}
	if len(entries) != len(want) {
		t.Fatalf("%d entries, want %d: %+v", len(entries), len(want), entries)
	}
	for i, e := range entries {
		if e.Action != want[i].action || e.Subject != want[i].subject.String() || e.RequestID != "r-1" || e.Address != caller.Address ||
			time.Since(e.At) > time.Minute {
			t.Errorf("%d: %+v, want %+v", i, e, want[i])
		}
	}
	all := scan[string](t, b, `SELECT string_agg(a::text, ' ') FROM audit_log a`)
	if strings.Contains(all, "canary") || strings.Contains(all, "process") {
		t.Error("the audit log holds payloads or sources")
	}
	nobody, err := log.List(t.Context(), access.Filter{Action: access.ScriptHosted, Limit: 100})
	if err != nil || len(nobody) != 2 || nobody[1].KeyID.Valid || nobody[1].Address.IsValid() {
		t.Errorf("%+v (%v)", nobody, err)
	}
}

func TestTheAuditLogIsAppendOnly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	log := postgres.NewAudit(b.pool)
	if err := log.Record(t.Context(), access.BackupAsked, "x"); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{`UPDATE audit_log SET subject = 'y'`, `DELETE FROM audit_log`, `TRUNCATE audit_log`} {
		if _, err := b.pool.Exec(t.Context(), sql); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	now := time.Now()
	for age := range 3 {
		if _, err := b.pool.Exec(t.Context(), `INSERT INTO audit_log (id, at, action)
			SELECT (left(uuidv7_floor(at)::text, 14) || '7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, at, 'old'
			FROM generate_series(1, 20000) AS i, (SELECT $1::timestamptz AS at) AS a`, now.Add(-time.Duration(age+1)*24*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := log.Forget(t.Context(), now.Add(-36*time.Hour)); err != nil || n != 40000 {
		t.Errorf("forgot %d (%v), want those of two days", n, err)
	}
	if n := scan[int](t, b, `SELECT count(*) FROM audit_log`); n != 20001 {
		t.Errorf("%d entries are left", n)
	}
	if _, err := b.pool.Exec(t.Context(), `DELETE FROM audit_log`); err == nil {
		t.Error("after retention the log can be emptied")
	}
}
