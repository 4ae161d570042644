package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/swaggest/swgui/v5emb"

	"peneira/internal/api/openapi"
	"peneira/internal/failure"
)

// GetDocument answers GET /openapi.yaml.
func (s *server) GetDocument(c *gin.Context) {
	send(c, http.StatusOK, "application/yaml; charset=utf-8", openapi.Document)
}

const problemStyle = `:root{color-scheme:light dark}body{font:1rem/1.6 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}` +
	`h1{font-size:1.5rem;margin-bottom:0}p.code{opacity:.7;margin-top:.25rem}code{font-family:ui-monospace,monospace}`

var problemPage = template.Must(template.New("problem").Parse(`<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Title}} · Peneira</title><style>` + problemStyle + `</style></head>
<body>
<h1>{{.Title}}</h1>
<p class="code"><code>{{.Code}}</code> · status {{.Status}}</p>
<p>{{.Meaning}}</p>
<h2>What to do</h2>
<p>{{.Remedy}}</p>
<p><a href="/swagger/">All addresses</a></p>
</body>
</html>
`))

// problemPolicy lets the page about a problem do nothing but show itself.
var problemPolicy = "default-src 'none'; style-src '" + hashOf(problemStyle) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// GetProblem answers GET /problems/{code}.
func (s *server) GetProblem(c *gin.Context, code string) {
	row, ok := problems[code]
	if !ok {
		s.fail(c, failure.New(failure.NotFound, codeProblemNotFound, "There is no problem of this name."))
		return
	}
	s.showProblem(c, http.StatusOK, row)
}

// showProblem answers with the page about a problem.
func (s *server) showProblem(c *gin.Context, status int, row problem) {
	var page bytes.Buffer
	if err := problemPage.Execute(&page, row); err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Content-Security-Policy", problemPolicy)
	send(c, status, typeHTML, page.Bytes())
}

// riverUI serves River UI. Its page holds its settings in a block that no browser runs, so it needs no inline script; it
// sets styles on elements.
func riverUI(h http.Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Header("Content-Security-Policy", toolPolicy)
		h.ServeHTTP(c.Writer, c.Request)
	}
}

const swaggerPage = `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>API · Peneira</title>
<link rel="stylesheet" href="/swagger/swagger-ui.css"><link rel="icon" href="/swagger/favicon-32x32.png"></head>
<body><div id="swagger-ui"></div>
<script src="/swagger/swagger-ui-bundle.js"></script><script src="/swagger/start.js"></script></body>
</html>
`

const swaggerStart = `window.ui = SwaggerUIBundle({
  url: "/openapi.yaml", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null, tryItOutEnabled: true,
  displayRequestDuration: true, presets: [SwaggerUIBundle.presets.apis], layout: "BaseLayout",
});
`

// toolPolicy lets Swagger UI and River UI run their own files and call this server; they set styles on elements.
const toolPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
	"font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// swagger serves Swagger UI from what is built in. The page is our own, since the library's runs an inline script, which
// a strict policy forbids.
func swagger() gin.HandlerFunc {
	files := v5emb.New("Peneira", "/openapi.yaml", "/swagger/")
	return func(c *gin.Context) {
		c.Header("Content-Security-Policy", toolPolicy)
		switch c.Param("file") {
		case "/", "/index.html":
			send(c, http.StatusOK, typeHTML, []byte(swaggerPage))
		case "/start.js":
			send(c, http.StatusOK, "text/javascript; charset=utf-8", []byte(swaggerStart))
		default:
			c.Header("Cache-Control", "no-cache") // revalidated by its ETag
			files.ServeHTTP(c.Writer, c.Request)
		}
	}
}
