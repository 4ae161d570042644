package apptest

import (
	"testing"

	"peneira/internal/access"
	"peneira/internal/postgres"
)

// MakeKey makes a key behind the API's back, as the command line does, and returns it with its secret. change, if given,
// changes its draft first.
func (a *App) MakeKey(t testing.TB, scopes []access.Scope, change ...func(*access.Draft)) (access.Key, string) {
	t.Helper()
	draft := access.Draft{Name: t.Name(), Scopes: scopes}
	for _, c := range change {
		c(&draft)
	}
	key, token, err := postgres.NewAPIKeys(a.Pool).Create(t.Context(), draft)
	if err != nil {
		t.Fatal(err)
	}
	return key, token
}
