package jobs_test

import (
	"encoding/json"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"peneira/internal/budget"
	"peneira/internal/execution"
	"peneira/internal/jobs"
	"peneira/internal/postgres"
	"peneira/internal/postgres/pgtest"
	"peneira/internal/script"
)

// likeOurs has the form of an execution's job, for River to insert.
type likeOurs struct {
	ExecutionID uuid.UUID `json:"execution_id"`
	Bytes       int       `json:"bytes"`
}

// Kind implements river.JobArgs.
func (likeOurs) Kind() string { return "execution" }

// Executions are inserted together with their jobs, in a statement of our own: the jobs have to be what River would make, and
// whoever listens for River's notifications has to hear of them.
func TestJobsAreWhatRiverInserts(t *testing.T) {
	t.Parallel()
	pool, err := postgres.Open(t.Context(), pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	client, err := jobs.New(jobs.Config{Pool: pool, Logger: slog.New(slog.DiscardHandler), RiverLogger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	hosted, err := postgres.NewScripts(pool).Create(t.Context(), script.Draft{Name: "a script", Content: "// 1"})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(listener.Release)
	if _, err := listener.Exec(t.Context(), `LISTEN "public.river_insert"`); err != nil {
		t.Fatal(err)
	}
	executions := postgres.NewExecutions(pool, jobs.ExecutionJob)
	for queue, input := range map[string][]byte{
		jobs.QueueExecutions: []byte(`[1]`),
		jobs.QueueLarge:      []byte(`"` + strings.Repeat("x", budget.Small) + `"`),
	} {
		accepted, err := executions.Accept(t.Context(), execution.Request{ScriptID: hosted.ID, Input: input})
		if err != nil {
			t.Fatal(err)
		}
		ours, err := listener.Conn().WaitForNotification(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.River().InsertManyFast(t.Context(), []river.InsertManyParams{{
			Args: likeOurs{accepted.ID, len(input)}, InsertOpts: &river.InsertOpts{Queue: queue},
		}}); err != nil {
			t.Fatal(err)
		}
		theirs, err := listener.Conn().WaitForNotification(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !sameJSON(t, ours.Payload, theirs.Payload) || ours.Channel != theirs.Channel {
			t.Errorf("notified %s %s, River %s %s", ours.Channel, ours.Payload, theirs.Channel, theirs.Payload)
		}
		var differ bool
		var mine, rivers string
		if err := pool.QueryRow(t.Context(), `SELECT a.job IS DISTINCT FROM b.job, a.job, b.job FROM
			(SELECT to_jsonb(j) - '{id,created_at,scheduled_at}'::text[] AS job FROM river_job j WHERE args ->> 'execution_id' = $1 ORDER BY id LIMIT 1) a,
			(SELECT to_jsonb(j) - '{id,created_at,scheduled_at}'::text[] AS job FROM river_job j WHERE args ->> 'execution_id' = $1 ORDER BY id DESC LIMIT 1) b`,
			accepted.ID.String()).Scan(&differ, &mine, &rivers); err != nil {
			t.Fatal(err)
		}
		if differ || mine == "" {
			t.Errorf("ours is %s\nRiver's is %s", mine, rivers)
		}
	}
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var values [2]any
	for i, text := range []string{a, b} {
		if err := json.Unmarshal([]byte(text), &values[i]); err != nil {
			t.Fatal(err)
		}
	}
	return reflect.DeepEqual(values[0], values[1])
}
