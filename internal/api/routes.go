package api

import (
	"net/http"
	"sync"

	"github.com/gin-gonic/gin"

	"peneira/internal/api/openapi"
)

// route is one method of one address.
type route struct {
	method, path string
	handle       gin.HandlerFunc
	query        []string // the query parameters it knows
}

var (
	pages   = []string{"page", "size"}
	filters = []string{"status", "from", "to", "cursor", "size", "include"}
)

// routes lists everything that is served. A test holds it against openapi.yaml.
func (s *server) routes() []route {
	w := openapi.ServerInterfaceWrapper{Handler: s, ErrorHandler: s.refuseParameter}
	all := []route{
		{http.MethodPost, "/api/scripts", w.CreateScript, nil},
		{http.MethodGet, "/api/scripts", w.ListScripts, pages},
		{http.MethodGet, "/api/scripts/:id", w.GetScript, nil},
		{http.MethodPut, "/api/scripts/:id", w.ReplaceScript, nil},
		{http.MethodDelete, "/api/scripts/:id", w.DeleteScript, nil},
		{http.MethodGet, "/api/scripts/:id/versions", w.ListScriptVersions, pages},
		{http.MethodGet, "/api/scripts/:id/versions/:number", w.GetScriptVersion, nil},
		{http.MethodPost, "/api/scripts/:id/execute", w.ExecuteScript, nil},

		{http.MethodPost, "/api/executions", w.CreateExecution, nil},
		{http.MethodGet, "/api/executions", w.ListExecutions, append([]string{"scriptId"}, filters...)},
		{http.MethodGet, "/api/executions/:id", w.GetExecution, []string{"wait", "redacted"}},
		{http.MethodPost, "/api/executions/:id/cancel", w.CancelExecution, nil},
		{http.MethodPost, "/api/executions/:id/rerun", w.RerunExecution, []string{"version"}},
		{http.MethodGet, "/api/executions/by-script/:scriptId", w.ListExecutionsByScript, filters},

		{http.MethodPost, "/api/backup/database", w.BackupDatabase, nil},
		{http.MethodPost, "/api/backup/logs", w.BackupLogs, nil},
		{http.MethodPost, "/api/backup/cleanup", w.CleanUpBackups, nil},

		{http.MethodPost, "/api/keys", w.CreateKey, nil},
		{http.MethodGet, "/api/keys", w.ListKeys, nil},
		{http.MethodGet, "/api/keys/:id", w.GetKey, nil},
		{http.MethodDelete, "/api/keys/:id", w.RevokeKey, nil},
		{http.MethodGet, "/api/audit", w.ListAudit, []string{"action", "keyId", "subject", "from", "to", "cursor", "size"}},

		{http.MethodGet, "/openapi.yaml", w.GetDocument, nil},
		{http.MethodGet, "/problems/:code", w.GetProblem, nil},
	}
	all = append(all, s.opsRoutes()...)
	all = append(all,
		route{http.MethodGet, "/swagger", redirect("/swagger/"), nil},
		route{http.MethodGet, "/swagger/*file", swagger(), nil},
		route{http.MethodGet, "/hangfire", redirect("/riverui"), nil},
		route{http.MethodGet, "/hangfire/*path", redirect("/riverui"), nil},
		route{http.MethodGet, "/signin", s.showSignIn, nil},
		route{http.MethodPost, "/signin", s.signIn, nil},
		route{http.MethodPost, "/signout", s.signOut, nil},
	)
	if h := s.Mounts.Console; h != nil {
		all = append(all,
			route{http.MethodGet, "/", gin.WrapH(h), nil},
			route{http.MethodGet, "/static/*path", gin.WrapH(h), nil})
	}
	if h := s.Mounts.RiverUI; h != nil {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			all = append(all,
				route{method, "/riverui", riverUI(h), nil},
				route{method, "/riverui/*path", riverUI(h), nil})
		}
	}
	return all
}

// opsRoutes lists what every process serves, one that only works too.
func (s *server) opsRoutes() []route {
	w := openapi.ServerInterfaceWrapper{Handler: s, ErrorHandler: s.refuseParameter}
	ops := []route{
		{http.MethodGet, "/health", w.GetHealth, nil},
		{http.MethodGet, "/livez", w.GetLiveness, nil},
		{http.MethodGet, "/readyz", w.GetReadiness, nil},
	}
	if s.Mounts.Metrics != nil {
		ops = append(ops, route{http.MethodGet, "/metrics", w.GetMetrics, nil})
	}
	return ops
}

// quietGin keeps Gin from printing its routes and advice. The mode belongs to its package, so it is set once.
var quietGin = sync.OnceFunc(func() { gin.SetMode(gin.ReleaseMode) })

// handler puts routes and middleware together.
func (s *server) handler(routes []route) http.Handler {
	quietGin()
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	engine.RedirectTrailingSlash = false // a redirected POST loses its body with many clients
	engine.RedirectFixedPath = false
	_ = engine.SetTrustedProxies(nil) // see clientAddress; nil cannot fail
	engine.Use(s.observe, s.recoverPanics, secureHeaders, s.guard(), s.cors)
	engine.NoRoute(s.noRoute)
	engine.NoMethod(s.noMethod)
	for _, r := range routes {
		engine.Handle(r.method, r.path, s.authorize(r), s.strictParameters(r), r.handle)
	}
	return paced(headAsGet(engine), s.SlowClient)
}

// headAsGet answers HEAD wherever GET is answered; net/http leaves the body out.
func headAsGet(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			get := *r
			get.Method = http.MethodGet
			r = &get
		}
		next.ServeHTTP(w, r)
	})
}

func redirect(to string) gin.HandlerFunc {
	return func(c *gin.Context) { c.Redirect(http.StatusFound, to) }
}
