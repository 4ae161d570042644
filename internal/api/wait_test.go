package api

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"peneira/internal/execution"
)

// fakeEndings have some executions at hand, and tell of no end.
type fakeEndings map[uuid.UUID]execution.Execution

func (fakeEndings) Watch(uuid.UUID) (woken <-chan execution.Execution, leave func()) {
	return nil, func() {}
}

func (f fakeEndings) Recent(id uuid.UUID) (execution.Execution, bool) {
	e, ok := f[id]
	return e, ok
}

// What has ended a moment ago is answered without a look into the database, unless a payload is missing.
func TestWhatEndedAMomentAgoIsAtHand(t *testing.T) {
	t.Parallel()
	whole, partial, unknown := uuid.New(), uuid.New(), uuid.New()
	ended := func(id uuid.UUID, output string) execution.Execution {
		now := time.Now()
		e := execution.Execution{
			ID: id, ScriptID: uuid.New(), ScriptVersion: 1, Status: execution.Completed, Attempt: 1,
			Input: []byte(`1`), CreatedAt: now, StartedAt: &now, CompletedAt: &now,
		}
		if output != "" {
			e.Output = []byte(output)
		}
		return e
	}
	b := setup(t, func(cfg *Config) {
		cfg.Endings = fakeEndings{whole: ended(whole, `"at hand"`), partial: ended(partial, "")}
	})
	b.fake.get = func(id uuid.UUID) (execution.Execution, error) { return ended(id, `"read"`), nil }
	for id, want := range map[uuid.UUID]string{whole: `"at hand"`, partial: `"read"`, unknown: `"read"`} {
		for _, query := range []string{"", "?wait=0"} {
			a := b.send(t, http.MethodGet, "/api/executions/"+id.String()+query, nil)
			if a.StatusCode != http.StatusOK || !strings.Contains(string(a.body), `"outputData":`+want) {
				t.Errorf("%d %s, want %s", a.StatusCode, a.body, want)
			}
		}
	}
}
