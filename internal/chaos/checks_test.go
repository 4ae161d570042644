//go:build unix

package chaos

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// check waits until all that was acknowledged has come to its end, and holds it against what was promised.
func check(ctx context.Context, t *testing.T, db *database, f *fleet, l *load) {
	t.Helper()
	if len(l.promises) == 0 {
		t.Fatal("nothing was acknowledged, so nothing is proved")
	}
	for _, c := range []struct{ what, sql string }{
		{"executions have not ended", `SELECT count(*) FROM executions WHERE status IN ('pending', 'running')`},
		{"jobs of executions are stuck", `SELECT count(*) FROM river_job WHERE kind = 'execution' AND finalized_at IS NULL`},
	} {
		if n, err := awaitNone(ctx, db, c.sql); err != nil || n > 0 {
			t.Errorf("%d %s (%v)%s", n, c.what, err, sample(db, c.sql))
		}
	}
	for _, c := range []struct{ what, sql string }{
		{"executions changed after their end", `SELECT count(*) FROM late_changes`},
		{"requests with one key made two executions", `SELECT count(*) FROM
			(SELECT FROM executions GROUP BY input_json ->> 'nonce' HAVING count(*) > 1) AS twice`},
		{"jobs of executions failed", `SELECT count(*) FROM river_job WHERE kind = 'execution' AND state NOT IN ('completed', 'cancelled')`},
	} {
		if n, err := db.query(ctx, c.sql); err != nil || n > 0 {
			t.Errorf("%d %s (%v)%s", n, c.what, err, sample(db, c.sql))
		}
	}
	stored, err := db.stored(ctx)
	if err != nil {
		t.Fatal(err)
	}
	all := slices.Clone(l.promises)
	for _, p := range l.unsure {
		if p.id = stored[p.input.Nonce]; p.id != "" {
			all = append(all, p)
			l.counts["accepted without an answer"]++
		}
	}
	if len(stored) != len(all) {
		t.Errorf("%d executions are there, and %d were accepted", len(stored), len(all))
	}
	for _, p := range all {
		if stored[p.input.Nonce] != p.id {
			t.Errorf("execution %s was acknowledged for %s, and %q is there", p.id, p.input.Nonce, stored[p.input.Nonce])
		}
	}
	checkOutputs(ctx, t, f, all)
	reruns, err := db.query(ctx, `SELECT count(*) FROM executions WHERE attempt > 1`)
	if err != nil {
		t.Error(err)
	}
	l.counts["executions taken up more than once"] = reruns
}

// checkOutputs reads every execution over the API: it has ended, rightly, and as clients were told before.
func checkOutputs(ctx context.Context, t *testing.T, f *fleet, all []promise) {
	t.Helper()
	next := make(chan promise)
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			for p := range next {
				a, err := send(ctx, http.MethodGet, f.url()+"/api/executions/"+p.id, nil)
				if err == nil && a.status != http.StatusOK {
					err = fmt.Errorf("reading it is answered with %d: %.300s", a.status, a.body)
				}
				if err == nil && !final(a.Status) {
					err = fmt.Errorf("it is %s", a.Status)
				}
				if err == nil {
					err = p.see(a)
				}
				if err != nil {
					t.Errorf("execution %s: %v", p.id, err)
				}
			}
		})
	}
	for _, p := range all {
		next <- p
	}
	close(next)
	readers.Wait()
}

// awaitNone waits until a query that counts gives 0, and returns what it gave last.
func awaitNone(ctx context.Context, db *database, sql string) (n int, err error) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		if n, err = db.query(ctx, sql); err == nil && n == 0 {
			return 0, nil
		}
		select {
		case <-ctx.Done():
			return n, err
		case <-tick.C:
		}
	}
}

// sample shows a few of the rows that a query counts.
func sample(db *database, counting string) string {
	from, ok := strings.CutPrefix(counting, "SELECT count(*) FROM ")
	if !ok || strings.HasPrefix(from, "\n") {
		return ""
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, db.url)
	if err != nil {
		return ""
	}
	defer func() { _ = conn.Close(ctx) }()
	rows, err := conn.Query(ctx, "SELECT left(ROW(t.*)::text, 1500) FROM "+strings.Replace(from, " WHERE", " AS t WHERE", 1)+" LIMIT 3")
	if err != nil {
		return ""
	}
	some, _ := pgx.CollectRows(rows, pgx.RowTo[string])
	return ", such as\n" + strings.Join(some, "\n")
}
