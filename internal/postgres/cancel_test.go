package postgres_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"peneira/internal/execution"
	"peneira/internal/failure"
)

func TestCancelEndsWhatHasNotEnded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	hosted := b.host(t, "// 1")
	pending, running, shown := b.accept(t, hosted, `1`).ID, b.accept(t, hosted, `1`).ID, b.accept(t, hosted, `1`).ID
	runs := []execution.Run{b.read(t, running), b.begin(t, shown)}
	for _, id := range []uuid.UUID{pending, running, shown} {
		if err := b.executions.Cancel(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if got := b.get(t, id); got.Status != execution.Cancelled || got.CompletedAt == nil || got.ErrorMessage == "" || got.Error != nil {
			t.Errorf("%+v", got)
		}
		if err := b.executions.Cancel(t.Context(), id); failure.KindOf(err) != failure.Conflict {
			t.Errorf("cancelled twice: %v", err)
		}
	}
	for _, run := range runs {
		if _, err := b.executions.Finish(t.Context(), run, execution.Outcome{Output: []byte(`1`)}); !errors.Is(err, execution.ErrEnded) {
			t.Errorf("the outcome of a cancelled run: %v", err)
		}
	}
	if err := b.executions.Cancel(t.Context(), uuid.New()); failure.KindOf(err) != failure.NotFound {
		t.Errorf("cancelled what is not there: %v", err)
	}
}
