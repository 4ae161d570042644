package postgres_test

import (
	"testing"

	"github.com/google/uuid"

	"peneira/internal/postgres"
)

func TestOldKeysAreForgotten(t *testing.T) {
	t.Parallel()
	b := setup(t)
	keys := postgres.NewKeys(b.pool)
	claim := func(key, body string) (uuid.UUID, bool) {
		t.Helper()
		subject, mine, err := keys.Claim(t.Context(), "POST /x", key, []byte(body), uuid.New())
		if err != nil {
			t.Fatal(err)
		}
		return subject, mine
	}
	old, _ := claim("old", "a")
	young, _ := claim("young", "a")
	if _, err := b.pool.Exec(t.Context(), `UPDATE idempotency_keys SET created_at = now() - interval '25 hours' WHERE subject_id = $1`, old); err != nil {
		t.Fatal(err)
	}
	if again, mine := claim("old", "another body"); again == old || !mine {
		t.Error("a key of yesterday still stands for its request")
	}
	if again, mine := claim("young", "a"); again != young || mine {
		t.Error("a key of today no longer stands for its request")
	}
	if _, err := b.pool.Exec(t.Context(), `UPDATE idempotency_keys SET created_at = now() - interval '25 hours' WHERE subject_id = $1`, young); err != nil {
		t.Fatal(err)
	}
	if n, err := keys.DropOld(t.Context()); err != nil || n != 1 {
		t.Errorf("dropped %d (%v)", n, err)
	}
}
