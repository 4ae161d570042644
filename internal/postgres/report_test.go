package postgres_test

import (
	"context"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"peneira/internal/execution"
	"peneira/internal/postgres"
	"peneira/internal/postgres/pgtest"
	"peneira/internal/script"
)

// asReporter runs what follows with the rights of peneira_report and no others.
func asReporter(t *testing.T, b bundle) *pgx.Conn {
	t.Helper()
	conn := b.connect(t)
	if _, err := conn.Exec(t.Context(), `SET ROLE peneira_report`); err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestReportsShowWhatWasDoneAndNothingElse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	of := b.host(t, "//")
	secret, err := b.scripts.Create(t.Context(), script.Draft{Name: "secret", Content: "//", Redact: []string{"$.x"}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		outcome := execution.Outcome{Output: []byte(`[{"trimestre":"20231"}]`), RunTime: time.Duration(i+1) * time.Millisecond}
		if i == 3 {
			outcome = execution.Outcome{Err: &execution.Error{Kind: execution.ScriptError, Message: "no"}, RunTime: 4 * time.Millisecond}
		}
		b.finish(t, b.read(t, b.accept(t, of, `{"a":1}`).ID), outcome)
	}
	b.finish(t, b.read(t, b.accept(t, secret, `{"x":"hidden"}`).ID), completed)
	reporter := asReporter(t, b)

	var executions, completed, failures, in, out int
	var p50, p95 float64
	row := reporter.QueryRow(t.Context(), `SELECT executions, completed, failures, p50_run_ms, p95_run_ms, input_bytes, output_bytes
		FROM script_stats WHERE script_id = $1 AND day = (now() AT TIME ZONE 'UTC')::date`, of.ID)
	if err := row.Scan(&executions, &completed, &failures, &p50, &p95, &in, &out); err != nil {
		t.Fatal(err)
	}
	if executions != 4 || completed != 3 || failures != 1 || p50 != 2.5 || p95 < 3.8 || p95 > 4 || in == 0 || out == 0 {
		t.Errorf("%d %d %d %v %v %d %d", executions, completed, failures, p50, p95, in, out)
	}
	var days int
	if err := reporter.QueryRow(t.Context(), `SELECT count(*) FROM script_stats_between(now() - interval '1 hour', now() + interval '1 hour')`).Scan(&days); err != nil || days < 2 {
		t.Errorf("%d days (%v)", days, err)
	}
	if err := reporter.QueryRow(t.Context(), `SELECT count(*) FROM script_stats_between('2020-01-01', '2021-01-01')`).Scan(&days); err != nil || days != 0 {
		t.Errorf("%d days in a year without executions (%v)", days, err)
	}
	var hidden, shown int
	if err := reporter.QueryRow(t.Context(), `SELECT count(*) FILTER (WHERE r::text LIKE '%hidden%'), count(output_data) FROM executions_report r`).Scan(&hidden, &shown); err != nil ||
		hidden != 0 || shown != 3 {
		t.Errorf("%d rows show what is redacted, %d a result (%v)", hidden, shown, err)
	}
	for _, sql := range []string{
		`SELECT * FROM executions`, `SELECT * FROM scripts`, `SELECT * FROM script_versions`, `SELECT * FROM river_job`,
		`SELECT * FROM idempotency_keys`, `DELETE FROM executions_report`, `UPDATE executions_report SET status = 'failed'`,
		`SELECT executions_drop_partitions(now())`, `CREATE TABLE mine ()`,
	} {
		if _, err := reporter.Exec(t.Context(), sql); err == nil {
			t.Errorf("a reporter may run: %s", sql)
		}
	}
}

// Every query of docs/reporting.md is run, by the role that it is written for.
func TestTheDocumentedQueriesRun(t *testing.T) {
	t.Parallel()
	b := setup(t)
	of := b.host(t, "//")
	b.finish(t, b.read(t, b.accept(t, of, `{"a":1}`).ID), execution.Outcome{Output: []byte(`[{"trimestre":"20231","qtdCartoesAtivos":5}]`)})
	b.finish(t, b.read(t, b.accept(t, of, `{"a":1}`).ID), failed)
	page, err := os.ReadFile("../../docs/reporting.md")
	if err != nil {
		t.Fatal(err)
	}
	reporter := asReporter(t, b)
	queries := regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(queries) < 7 {
		t.Errorf("%d queries", len(queries))
	}
	for _, query := range queries {
		sql := strings.ReplaceAll(query[1], "00000000-0000-0000-0000-000000000000", of.ID.String())
		rows, err := reporter.Query(t.Context(), sql)
		if err != nil {
			t.Errorf("%v:\n%s", err, sql)
			continue
		}
		found := 0
		for rows.Next() {
			found++
		}
		if rows.Err() != nil || found == 0 {
			t.Errorf("%d rows (%v):\n%s", found, rows.Err(), sql)
		}
	}
}

// The columns that docs/reporting.md names are those of the views.
func TestTheDocumentedColumnsAreThere(t *testing.T) {
	t.Parallel()
	b := setup(t)
	page, err := os.ReadFile("../../docs/reporting.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, view := range []string{"executions_report", "script_stats"} {
		line := regexp.MustCompile("(?m)^\\| `" + view + "` \\|.*\\| (.*) \\|$").FindStringSubmatch(string(page))
		if line == nil {
			t.Fatalf("%s is not in the table", view)
		}
		want := scan[string](t, b, `SELECT string_agg('`+"`' || column_name || '`"+`', ', ' ORDER BY ordinal_position) FROM information_schema.columns WHERE table_name = $1`, view)
		if line[1] != want {
			t.Errorf("%s is documented as\n%s, and is\n%s", view, line[1], want)
		}
	}
}

// Many databases of a cluster are migrated at once, and each wants the role. One that may not make it says so and goes on.
func TestTheRoleForReportsIsMadeByWhoeverCan(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if trouble, err := postgres.MakeReportRole(t.Context(), b.pool); err != nil || trouble != "" {
				t.Errorf("%q %v", trouble, err)
			}
		})
	}
	wg.Wait()

	// A user who may not make roles migrates a database of its own on a cluster that has none: tried within a transaction,
	// in which the role is renamed away, so that the other tests keep theirs.
	tx, err := b.connect(t).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	var trouble string
	for _, sql := range []string{
		`CREATE ROLE peneira_test_poor NOLOGIN`,
		`ALTER ROLE peneira_report RENAME TO peneira_report_away`,
		`SET LOCAL ROLE peneira_test_poor`,
	} {
		if _, err := tx.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	if err := tx.QueryRow(t.Context(), `SELECT make_report_role()`).Scan(&trouble); err != nil ||
		!strings.Contains(trouble, "peneira_test_poor may not make roles") || !strings.Contains(trouble, "CREATE ROLE peneira_report NOLOGIN") {
		t.Errorf("%q %v", trouble, err)
	}
}

func TestTheRoleForReportsComesBackWithTheSchema(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	if err := postgres.MigrateDown(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	if _, err := postgres.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	pool, err := postgres.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := asReporter(t, bundle{url: url}).Exec(t.Context(), `SELECT count(*) FROM script_stats`); err != nil {
		t.Error(err)
	}
}
