package access

import (
	"slices"
	"strings"

	"peneira/internal/failure"
)

// Scope is one kind of thing that a key lets its holder do.
type Scope string

// The scopes.
const (
	ScriptsRead     Scope = "scripts:read"
	ScriptsWrite    Scope = "scripts:write"
	ExecutionsRead  Scope = "executions:read"
	ExecutionsWrite Scope = "executions:write"
	MetricsRead     Scope = "metrics:read" // for a scraper, which must be able to do nothing else
	Admin           Scope = "admin"        // everything
)

// Scopes lists all scopes. A test holds them against the database's constraint and the contract.
var Scopes = []Scope{ScriptsRead, ScriptsWrite, ExecutionsRead, ExecutionsWrite, MetricsRead, Admin}

// ParseScopes reads scopes and puts them in the order of Scopes, each once.
// It returns a failure of kind Invalid when there is none, or one that is not known.
func ParseScopes(names []string) ([]Scope, error) {
	var fields []failure.Field
	for _, name := range names {
		if !slices.Contains(Scopes, Scope(name)) {
			fields = append(fields, failure.Field{Path: "scopes", Message: "must each be one of " + scopeList()})
			break
		}
	}
	if len(names) == 0 {
		fields = append(fields, failure.Field{Path: "scopes", Message: "must name at least one of " + scopeList()})
	}
	if len(fields) > 0 {
		return nil, invalid(fields...)
	}
	var scopes []Scope
	for _, scope := range Scopes {
		if slices.Contains(names, string(scope)) {
			scopes = append(scopes, scope)
		}
	}
	return scopes, nil
}

func scopeList() string {
	names := make([]string, len(Scopes))
	for i, scope := range Scopes {
		names[i] = string(scope)
	}
	return strings.Join(names, ", ")
}
