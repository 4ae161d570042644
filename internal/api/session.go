package api

import (
	"bytes"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"peneira/internal/access"
	"peneira/internal/failure"
)

// Names of the cookie that holds a session. With the prefix __Host-, a browser takes it over TLS from this host alone.
const (
	sessionCookie       = "peneira_session"
	secureSessionCookie = "__Host-" + sessionCookie
)

// maxForm bounds what is sent to sign in, in bytes.
const maxForm = 8 << 10

// sessionToken returns the session that a browser holds, or "".
func sessionToken(r *http.Request) string {
	for _, name := range []string{secureSessionCookie, sessionCookie} {
		if cookie, err := r.Cookie(name); err == nil && cookie.Value != "" {
			return cookie.Value
		}
	}
	return ""
}

// setSession has the browser hold a session, or forget it when token is "". Pages cannot read it, and other sites cannot
// have it sent.
func (s *server) setSession(c *gin.Context, token string, expires time.Time) {
	cookie := http.Cookie{ //nolint:gosec // it is secure wherever the connection is
		Name: sessionCookie, Value: token, Path: "/", Expires: expires, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: s.overTLS(c.Request),
	}
	if cookie.Secure {
		cookie.Name = secureSessionCookie
	}
	if token == "" {
		cookie.MaxAge = -1
	}
	http.SetCookie(c.Writer, &cookie)
}

// localPath returns the path that a person wanted before signing in, if it is one of this server, or "/".
func localPath(next string) string {
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.HasPrefix(next, "/signin") ||
		strings.ContainsFunc(next, func(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7f }) {
		return "/"
	}
	return next
}

const signInStyle = problemStyle + `input,button{font:inherit;padding:.5rem .75rem;box-sizing:border-box}` +
	`input{width:100%;margin:.25rem 0 1rem}.wrong{color:#c0392b}@media(prefers-color-scheme:dark){.wrong{color:#ff8a7a}}`

var signInPage = template.Must(template.New("signin").Parse(`<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in · Peneira</title><style>` + signInStyle + `</style></head>
<body>
{{if .Name}}<h1>Signed in</h1>
<p>You are signed in with the key <strong>{{.Name}}</strong> (<code>{{.Hint}}…</code>), which allows {{.Scopes}}.</p>
<p><a href="/">Start</a> · <a href="/swagger/">API</a> · <a href="/riverui/">Queue</a></p>
<form method="post" action="/signout"><button>Sign out</button></form>
{{else if .Open}}<h1>No key is needed</h1>
<p>This server asks nobody who they are. <a href="/">Start</a></p>
{{else}}<h1>Sign in</h1>
<p>Peneira is for those who have a key. One is made with <code>peneira keys create</code>.</p>
{{with .Wrong}}<p class="wrong" role="alert">{{.}}</p>{{end}}
<form method="post" action="/signin">
<input type="hidden" name="next" value="{{.Next}}">
<label>Key<input type="password" name="key" required autofocus autocomplete="current-password" spellcheck="false" placeholder="` +
	access.TokenPrefix + `…"></label>
<button>Sign in</button>
</form>{{end}}
</body>
</html>
`))

var signInPolicy = "default-src 'none'; style-src '" + hashOf(signInStyle) + "'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// signInView is what the sign-in page shows.
type signInView struct {
	Open               bool
	Name, Hint, Scopes string // of the key that is signed in
	Next, Wrong        string
}

func (s *server) sendSignIn(c *gin.Context, status int, view signInView) {
	var page bytes.Buffer
	if err := signInPage.Execute(&page, view); err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Content-Security-Policy", signInPolicy)
	send(c, status, typeHTML, page.Bytes())
}

// showSignIn answers GET /signin: with the form, or with who is signed in.
func (s *server) showSignIn(c *gin.Context) {
	view := signInView{Open: !s.keysNeeded(), Next: localPath(c.Query("next"))}
	if token := sessionToken(c.Request); !view.Open && token != "" {
		if holder, err := s.signedIn(c, token); err == nil {
			view.Name, view.Hint, view.Scopes = holder.Key.Name, holder.Key.Hint, scopeText(holder.Key.Scopes)
		}
		c.Writer.Header().Del("WWW-Authenticate") // it is no fault to come without a session here
	}
	s.sendSignIn(c, http.StatusOK, view)
}

func scopeText(scopes []access.Scope) string {
	texts := make([]string, len(scopes))
	for i, scope := range scopes {
		texts[i] = string(scope)
	}
	return strings.Join(texts, ", ")
}

// signIn answers POST /signin. Another site must not sign a browser in with a key of its own either.
func (s *server) signIn(c *gin.Context) {
	if c.GetHeader("Origin")+c.GetHeader("Sec-Fetch-Site") != "" && !sameOrigin(c.Request) {
		s.fail(c, failure.New(failure.Unauthorized, codeCrossOrigin, "Sign in on the page of this server."))
		return
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxForm)
	if err := c.Request.ParseForm(); err != nil {
		s.fail(c, failure.New(failure.Invalid, codeInvalidRequest, "The form cannot be read, or is larger than %d bytes.", maxForm).Because(err))
		return
	}
	next := localPath(c.Request.PostForm.Get("next"))
	if !s.keysNeeded() {
		c.Redirect(http.StatusSeeOther, next)
		return
	}
	holder, ok := s.Keyring.ByToken(strings.TrimSpace(c.Request.PostForm.Get("key")))
	if !ok {
		s.sendSignIn(c, http.StatusUnauthorized, signInView{Next: next, Wrong: "This key is not known, was revoked, or has expired."})
		return
	}
	expires := time.Now().Add(s.SessionTime)
	if end := holder.Key.ExpiresAt; end != nil && end.Before(expires) {
		expires = *end
	}
	caller := access.From(c.Request.Context())
	caller.Key = holder.Key
	token, err := s.Sessions.Begin(access.With(c.Request.Context(), &caller), holder.Key.ID, expires)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.Keyring.Note(holder)
	s.setSession(c, token, expires)
	c.Redirect(http.StatusSeeOther, next)
}

// signOut answers POST /signout.
func (s *server) signOut(c *gin.Context) {
	if token := sessionToken(c.Request); token != "" && s.keysNeeded() {
		if err := s.Sessions.End(c.Request.Context(), token); err != nil {
			s.fail(c, err)
			return
		}
	}
	s.setSession(c, "", time.Unix(1, 0))
	c.Redirect(http.StatusSeeOther, "/signin")
}
