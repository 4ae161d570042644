package postgres_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"peneira/internal/postgres"
	"peneira/internal/postgres/pgtest"
)

// statements returns the statements that sqlc generated, by name.
func statements(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("internal/queries/*.sql.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no generated code: %v", err)
	}
	constant := regexp.MustCompile("(?s)= `-- name: (\\w+) :\\w+\n(.*?)`")
	all := map[string]string{}
	for _, file := range files {
		code, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range constant.FindAllStringSubmatch(string(code), -1) {
			all[match[1]] = match[2]
		}
	}
	return all
}

// planOf returns the one plan that a connection of the service makes for a statement, whatever its parameters. Arguments only
// keep partitions from being left out of what is shown; without any, they are all NULL.
func planOf(t *testing.T, pool *pgxpool.Pool, name, statement, arguments string) string {
	t.Helper()
	connection, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Release()
	conn := connection.Conn()
	parameters := 0
	for _, match := range regexp.MustCompile(`\$(\d+)`).FindAllStringSubmatch(statement, -1) {
		n, _ := strconv.Atoi(match[1])
		parameters = max(parameters, n)
	}
	if arguments == "" {
		arguments = strings.TrimSuffix(strings.Repeat("NULL,", parameters), ",")
	}
	if _, err := conn.Exec(t.Context(), fmt.Sprintf("PREPARE %s AS %s", name, statement)); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	rows, err := conn.Query(t.Context(), fmt.Sprintf("EXPLAIN (COSTS OFF) EXECUTE %s(%s)", name, arguments))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if _, err := conn.Exec(t.Context(), "DEALLOCATE "+name); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return strings.Join(lines, "\n")
}

// What runs for each execution, and each page of a list, goes along an index: the plans are those of a table of any size,
// because the service's connections plan without looking at parameters and scan a table only where no index serves.
func TestStatementsGoAlongIndexes(t *testing.T) {
	t.Parallel()
	pool, err := postgres.Open(t.Context(), pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	all := statements(t)
	scan := regexp.MustCompile(`Seq Scan on (executions|scripts|script_versions|idempotency_keys|river_job|script_marks|api_keys|sessions|audit_log)\w*`)
	now := uuid.Must(uuid.NewV7())
	id, span := "'"+now.String()+"'", "'ffffffff-ffff-ffff-ffff-ffffffffffff', '00000000-0000-0000-0000-000000000000', '2000-01-01', 'now'"
	spans := "'{00000000-0000-0000-0000-000000000000}', '{ffffffff-ffff-ffff-ffff-ffffffffffff}'"
	throughSpans := regexp.MustCompile(`^Limit\n +-> +Nested Loop\n +-> +ProjectSet\n +-> +Result\n +-> +Limit\n +-> +Merge Append\n`)
	ids := "ARRAY[" + id + "]::uuid[]"
	bounds := id + ", " + id
	const fetching = "river_job_prioritized_fetching_index"
	updates := regexp.MustCompile(`Update on executions`)
	opened := regexp.MustCompile(`using executions_\w+ on executions_\w+`)
	for name, test := range map[string]struct {
		pages     bool
		arguments string
		index     string
		oneMonth  bool // whether only the month of the id is opened
	}{
		"InsertExecutions":         {index: "script_versions_pkey"},
		"InsertEndedExecutions":    {index: "script_versions_pkey"},
		"GetExecution":             {arguments: "false, NULL, " + id, index: "_pkey", oneMonth: true},
		"GetExecutions":            {arguments: "1, " + ids + ", '{true}', " + bounds, index: "_pkey", oneMonth: true},
		"GetExecutionTasks":        {arguments: ids + ", " + bounds, index: "_pkey", oneMonth: true},
		"GetExecutionStatuses":     {arguments: ids + ", " + bounds, index: "_pkey", oneMonth: true},
		"StartExecutions":          {arguments: bounds + ", " + ids + ", '{1}', '{0}'", index: "_pkey", oneMonth: true},
		"FinishExecutions":         {arguments: "NULL, '{1}', " + ids + ", NULL, " + bounds + strings.Repeat(", NULL", 12), index: "_pkey", oneMonth: true},
		"EndedExecutions":          {arguments: ids + ", " + bounds, index: "_pkey", oneMonth: true},
		"CancelExecution":          {arguments: id, index: "_pkey", oneMonth: true},
		"ConfirmExecution":         {arguments: id, index: "_pkey", oneMonth: true},
		"ListExecutions":           {pages: true, arguments: spans + ", " + span + ", NULL, 20", index: "_pkey"},
		"ListExecutionsByScript":   {pages: true, arguments: spans + ", " + id + ", " + span + ", NULL, 20", index: "_script_id_id_idx"},
		"ListUnsuccessful":         {pages: true, arguments: spans + ", 'failed', " + span + ", 20", index: "_unsuccessful_id_idx"},
		"ListUnsuccessfulByScript": {pages: true, arguments: spans + ", " + id + ", 'failed', " + span + ", 20", index: "_script_id_unsuccessful_id_idx"},
		"LiveExecutions":           {index: fetching},
		"TakeJobs":                 {pages: true, arguments: "9, 'p', 'q', '2000-01-01', NULL, 1", index: fetching},
		"ListSomeExecutions":       {arguments: ids + ", " + bounds + ", 'pending', NULL, '2000-01-01', 'now', 20", index: "_pkey", oneMonth: true},
		"ListScripts":              {pages: true, index: "Index Only Scan using scripts_newest_first"},
		"GetScript":                {index: "script_versions_pkey"},
	} {
		statement, ok := all[name]
		if !ok {
			t.Errorf("%s is not there any more", name)
			continue
		}
		plan := planOf(t, pool, name, postgres.OfItsMonth(statement, now), test.arguments)
		if found := scan.FindString(plan); found != "" || !strings.Contains(plan, test.index) {
			t.Errorf("%s does not go along %s (%s):\n%s", name, test.index, found, plan)
		}
		// Jobs that wait may be many, and the entries of those that no longer do as many again.
		if test.index != fetching && strings.Contains(plan, fetching) {
			t.Errorf("%s looks through jobs that wait:\n%s", name, plan)
		}
		// What is looked up by id is looked for in its own month alone, however many there are.
		if months := len(opened.FindAllString(plan, -1)); test.oneMonth && months != 1 {
			t.Errorf("%s opens %d months:\n%s", name, months, plan)
		}
		// An UPDATE opens all months that it could change, so those of each execution name theirs.
		if updated := updates.FindAllString(plan, -1); strings.Contains(statement, "UPDATE executions e\n") && len(updated) != 1 {
			t.Errorf("%s opens all months:\n%s", name, plan)
		}
		// A page is read in the order of the index, up to its size; sorting would read everything first.
		if test.pages && regexp.MustCompile(`(?m)^\s*(-> {2})?Sort$`).MatchString(plan) {
			t.Errorf("%s sorts:\n%s", name, plan)
		}
		// Merging a page with a whole table would read all that is newer.
		if test.pages && regexp.MustCompile(`(Merge|Hash) Join`).MatchString(plan) {
			t.Errorf("%s joins with more than its page:\n%s", name, plan)
		}
		// Spans are gone through in their order, each read when the page is not full before, and only in its own months.
		if strings.Contains(test.arguments, spans) && !throughSpans.MatchString(plan) {
			t.Errorf("%s does not go from span to span:\n%s", name, plan)
		}
	}
	plan := planOf(t, pool, "GetExecution", all["GetExecution"], "false, NULL, "+id)
	if months := len(opened.FindAllString(plan, -1)); months != 1 {
		t.Errorf("GetExecution opens %d months when it does not name its own:\n%s", months, plan)
	}
}

// What an execution that completes changes lies in no index: its rows keep to their page (HOT), and no index grows by them.
func TestCompletingKeepsToThePage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tx, err := b.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	id := uuid.Must(uuid.NewV7())
	for _, change := range []string{
		`INSERT INTO executions (id, script_id, script_version) VALUES ($1, $1, 1)`,
		`UPDATE executions SET status = 'running', attempt = 1, started_at = now() WHERE id = $1`,
		`UPDATE executions SET status = 'completed', output_json = '1', output_data = '1', output_bytes = 1, logs_json = '[]',
		 completed_at = now(), execution_time_ms = 1, execution_time_us = 1 WHERE id = $1`,
	} {
		if _, err := tx.Exec(t.Context(), change, id); err != nil {
			t.Fatal(err)
		}
	}
	var kept int
	if err := tx.QueryRow(t.Context(), `SELECT pg_stat_get_xact_tuples_hot_updated(tableoid)::integer FROM executions WHERE id = $1`, id).Scan(&kept); err != nil {
		t.Fatal(err)
	}
	if kept != 2 {
		t.Errorf("%d of 2 changes kept to the page", kept)
	}
}
