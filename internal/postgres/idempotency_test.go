package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"peneira/internal/postgres"
)

func TestOldKeysAreForgotten(t *testing.T) {
	t.Parallel()
	b := setup(t)
	keys := postgres.NewKeys(b.pool)
	claim := func(key, body string) (uuid.UUID, bool) {
		t.Helper()
		subject, claimed, err := keys.Claim(t.Context(), "POST /x", key, []byte(body), uuid.New())
		if err != nil {
			t.Fatal(err)
		}
		return subject, !claimed.IsZero()
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

// Whoever was silent for too long, so that another took over, can no longer give the key free: the other may have made it.
func TestOnlyTheLastClaimCanBeGivenUp(t *testing.T) {
	t.Parallel()
	b := setup(t)
	keys := postgres.NewKeys(b.pool)
	claim := func() (uuid.UUID, time.Time) {
		t.Helper()
		subject, claimed, err := keys.Claim(t.Context(), "POST /x", "key", []byte("body"), uuid.New())
		if err != nil {
			t.Fatal(err)
		}
		return subject, claimed
	}
	subject, first := claim()
	if again, claimed := claim(); again != subject || !claimed.IsZero() {
		t.Error("a claim was taken from one who is at it")
	}
	b.exec(t, `UPDATE idempotency_keys SET claimed_at = claimed_at - interval '10 seconds'`)
	first = first.Add(-10 * time.Second)
	again, second := claim()
	if again != subject || second.IsZero() {
		t.Error("nobody takes over")
	}
	for _, giveUp := range []func(context.Context, string, string, time.Time) error{keys.Release, keys.Yield} {
		if err := giveUp(t.Context(), "POST /x", "key", first); err != nil {
			t.Fatal(err)
		}
		if again, claimed := claim(); again != subject || !claimed.IsZero() {
			t.Error("the first one gave up what is the second one's")
		}
	}
	if err := keys.Yield(t.Context(), "POST /x", "key", second); err != nil {
		t.Fatal(err)
	}
	again, third := claim()
	if again != subject || third.IsZero() {
		t.Error("nobody takes over what was given up")
	}
	if err := keys.Release(t.Context(), "POST /x", "key", third); err != nil {
		t.Fatal(err)
	}
	if again, claimed := claim(); again == subject || claimed.IsZero() {
		t.Error("the key is not free")
	}
}
