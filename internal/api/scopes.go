package api

import (
	"net/http"
	"strings"

	"peneira/internal/access"
)

// rule says who may use a route.
type rule struct {
	open   bool           // for anybody, with or without a key
	scopes []access.Scope // all are needed; none: any key will do
	// record is written into the audit log before the route is carried out. What the stores do themselves they write
	// themselves, in the same transaction.
	record access.Action
}

var (
	anybody     = rule{open: true}
	anyKey      = rule{}
	administers = rule{scopes: []access.Scope{access.Admin}}
)

func needs(scopes ...access.Scope) rule { return rule{scopes: scopes} }

func recorded(action access.Action) rule {
	return rule{scopes: []access.Scope{access.Admin}, record: action}
}

// accessRules is the one table of who may do what, by method and path of the route. Tests hold it against the routes and
// against x-scopes in openapi.yaml. A route that is not in it is for administrators.
var accessRules = map[string]rule{
	"POST /api/scripts":                     needs(access.ScriptsWrite),
	"GET /api/scripts":                      needs(access.ScriptsRead),
	"GET /api/scripts/:id":                  needs(access.ScriptsRead),
	"GET /api/scripts/:id/versions":         needs(access.ScriptsRead),
	"GET /api/scripts/:id/versions/:number": needs(access.ScriptsRead),
	"PUT /api/scripts/:id":                  needs(access.ScriptsWrite),
	"DELETE /api/scripts/:id":               needs(access.ScriptsWrite),
	"POST /api/scripts/:id/execute":         needs(access.ExecutionsWrite),

	"POST /api/executions":    needs(access.ExecutionsWrite),
	"GET /api/executions":     needs(access.ExecutionsRead),
	"GET /api/executions/:id": needs(access.ExecutionsRead),
	// Their answers show data that somebody else may have posted.
	"POST /api/executions/:id/cancel":         needs(access.ExecutionsWrite, access.ExecutionsRead),
	"POST /api/executions/:id/rerun":          needs(access.ExecutionsWrite, access.ExecutionsRead),
	"GET /api/executions/by-script/:scriptId": needs(access.ExecutionsRead),

	"POST /api/backup/database": recorded(access.BackupAsked),
	"POST /api/backup/logs":     recorded(access.LogsBackupAsked),
	"POST /api/backup/cleanup":  recorded(access.CleanupAsked),

	"POST /api/keys":       administers,
	"GET /api/keys":        administers,
	"GET /api/keys/:id":    administers,
	"DELETE /api/keys/:id": administers,
	"GET /api/audit":       administers,

	"GET /livez":          anybody,
	"GET /readyz":         anybody,
	"GET /health":         anybody, // as text; GetHealth asks for a key before it tells of the parts
	"GET /metrics":        needs(access.MetricsRead),
	"GET /openapi.yaml":   anybody,
	"GET /problems/:code": anybody,
	"GET /signin":         anybody,
	"POST /signin":        anybody,
	"POST /signout":       anyKey,

	"GET /":               anyKey,
	"GET /static/*path":   anyKey,
	"GET /swagger":        anyKey,
	"GET /swagger/*file":  anyKey,
	"GET /hangfire":       anyKey,
	"GET /hangfire/*path": anyKey,
	"GET /riverui":        administers,
	"GET /riverui/*path":  administers,
}

// ruleOf returns the rule of a route.
func ruleOf(r route) rule {
	if found, ok := accessRules[r.method+" "+r.path]; ok {
		return found
	}
	if r.method != http.MethodGet && strings.HasPrefix(r.path, "/riverui") {
		return recorded(access.QueueChanged) // its API can cancel, retry and delete
	}
	return administers
}
