package access_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"peneira/internal/access"
	"peneira/internal/failure"
)

func TestTokensAreRandomAndOfOneForm(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		token := access.NewToken(access.TokenPrefix)
		if seen[token] || !access.WellFormed(token) || len(token) != len("peneira_")+43 || !strings.HasPrefix(token, access.HintOf(token)) {
			t.Fatalf("%q", token)
		}
		seen[token] = true
	}
	for _, wrong := range []string{"", "peneira_", "peneira_" + strings.Repeat("!", 43), strings.Repeat("A", 51), "Peneira_" + strings.Repeat("A", 43)} {
		if access.WellFormed(wrong) {
			t.Errorf("%q is taken for a key", wrong)
		}
	}
	if hint := access.HintOf(access.NewToken(access.TokenPrefix)); len(hint) != 13 {
		t.Errorf("the hint %q shows too much or too little", hint)
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	got, err := access.ParseScopes([]string{"executions:read", "scripts:read", "scripts:read"})
	if err != nil || !slices.Equal(got, []access.Scope{access.ScriptsRead, access.ExecutionsRead}) {
		t.Errorf("%v (%v)", got, err)
	}
	for _, wrong := range [][]string{nil, {}, {"root"}, {"admin", "scripts"}, {"ADMIN"}, {""}} {
		if _, err := access.ParseScopes(wrong); failure.KindOf(err) != failure.Invalid {
			t.Errorf("%v: %v", wrong, err)
		}
	}
	key := access.Key{Scopes: []access.Scope{access.ExecutionsWrite}}
	for _, c := range []struct {
		key    access.Key
		needed []access.Scope
		want   bool
	}{
		{key, []access.Scope{access.ExecutionsWrite}, true},
		{key, []access.Scope{access.ExecutionsWrite, access.ExecutionsRead}, false},
		{key, []access.Scope{access.Admin}, false},
		{key, nil, true},
		{access.Key{Scopes: []access.Scope{access.Admin}}, access.Scopes, true},
	} {
		if got := c.key.Allows(c.needed...); got != c.want {
			t.Errorf("%v allows %v: %v", c.key.Scopes, c.needed, got)
		}
	}
}

// The constraint of the database must know the same scopes.
func TestTheDatabaseKnowsTheScopes(t *testing.T) {
	t.Parallel()
	sql, err := os.ReadFile("../../db/migrations/00029_api_keys.sql")
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(access.Scopes))
	for i, scope := range access.Scopes {
		names[i] = "'" + string(scope) + "'"
	}
	if want := "[" + strings.Join(names, ", ") + "]"; !strings.Contains(string(sql), want) {
		t.Errorf("the constraint does not list %s", want)
	}
}

func TestKeysEnd(t *testing.T) {
	t.Parallel()
	now := time.Now()
	past, future := now.Add(-time.Second), now.Add(time.Second)
	for _, c := range []struct {
		key  access.Key
		want bool
	}{
		{access.Key{}, true},
		{access.Key{ExpiresAt: &future}, true},
		{access.Key{ExpiresAt: &now}, false},
		{access.Key{ExpiresAt: &past}, false},
		{access.Key{ExpiresAt: &future, RevokedAt: &past}, false},
	} {
		if got := c.key.Alive(now); got != c.want {
			t.Errorf("%+v alive: %v", c.key, got)
		}
	}
}

func TestDraftsAreChecked(t *testing.T) {
	t.Parallel()
	now := time.Now()
	past := now.Add(-time.Second)
	good := access.Draft{Name: "nightly import", Scopes: []access.Scope{access.Admin}}
	if err := good.Validate(now); err != nil {
		t.Error(err)
	}
	for field, change := range map[string]func(*access.Draft){
		"name":               func(d *access.Draft) { d.Name = strings.Repeat("é", access.MaxName+1) },
		"expiresAt":          func(d *access.Draft) { d.ExpiresAt = &past },
		"requestsPerSecond":  func(d *access.Draft) { d.Limits.RequestsPerSecond = -1 },
		"executionsInFlight": func(d *access.Draft) { d.Limits.ExecutionsInFlight = access.MaxExecutionsInFlight + 1 },
	} {
		draft := good
		change(&draft)
		if err := draft.Validate(now); failure.KindOf(err) != failure.Invalid || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	for _, name := range []string{"", "  ", "a\nb", "\x1b[31m", "\xff"} {
		draft := good
		draft.Name = name
		if draft.Validate(now) == nil {
			t.Errorf("%q is taken for a name", name)
		}
	}
}
