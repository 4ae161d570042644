package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"peneira/internal/access"
	"peneira/internal/failure"
	"peneira/internal/keyring"
)

// Sessions keeps who is signed in with a browser.
type Sessions interface {
	// Begin signs a key in and returns the secret that the browser is to hold.
	Begin(ctx context.Context, keyID uuid.UUID, expires time.Time) (token string, err error)
	// Find returns the key that a session is of, or a failure of kind Unauthorized when there is no such session.
	Find(ctx context.Context, token string) (uuid.UUID, error)
	// End signs out.
	End(ctx context.Context, token string) error
}

// keyHolder is where the holder of the request's key is kept.
const keyHolder = "peneira/holder"

// keysNeeded reports whether requests need a key.
func (s *server) keysNeeded() bool { return s.Keyring != nil && s.Keyring.Required() }

// authorize lets a request pass to its route when its sender may use that, and notes who that is.
func (s *server) authorize(r route) gin.HandlerFunc {
	rule := ruleOf(r)
	return func(c *gin.Context) {
		caller := &access.Caller{RequestID: requestID(c), Address: clientAddress(c.Request, s.TrustedProxies)}
		if !rule.open && s.keysNeeded() {
			holder, err := s.identify(c)
			if err == nil {
				err = s.takeRequest(c, holder)
			}
			if err == nil && !holder.Key.Allows(rule.scopes...) {
				err = lacksScope(c, rule.scopes)
			}
			if err != nil {
				s.refuse(c, err)
				return
			}
			c.Set(keyHolder, holder)
			caller.Key = holder.Key
		}
		c.Request = c.Request.WithContext(access.With(c.Request.Context(), caller))
		if rule.record != "" {
			if err := s.Audit.Record(c.Request.Context(), rule.record, subjectOf(c)); err != nil {
				s.fail(c, err)
			}
		}
	}
}

// subjectOf is what a recorded request is about. The path is as it is written in an address: decoded it may hold what is no
// text to PostgreSQL.
func subjectOf(c *gin.Context) string {
	path := c.Request.URL.EscapedPath()
	if strings.HasPrefix(path, "/api/") {
		return ""
	}
	return c.Request.Method + " " + path[:min(len(path), maxInstance)]
}

// identify finds the key of a request: in a header, or behind the session of a browser. It returns a failure of kind
// Unauthorized when there is none that is valid, and when a browser may have been made to send the request.
func (s *server) identify(c *gin.Context) (*keyring.Holder, error) {
	if token, sent := sentKey(c.Request); sent {
		holder, ok := s.Keyring.ByToken(token)
		if !ok {
			challenge(c, `error="invalid_token"`)
			return nil, failure.New(failure.Unauthorized, codeKeyNotValid, "The key is not valid: it is not known, was revoked or has expired.")
		}
		s.Keyring.Note(holder)
		return holder, nil
	}
	token := sessionToken(c.Request)
	if token == "" {
		challenge(c)
		return nil, access.NotSignedIn()
	}
	holder, err := s.signedIn(c, token)
	if err != nil {
		return nil, err
	}
	if !safeMethod(c.Request.Method) && !sameOrigin(c.Request) {
		return nil, failure.New(failure.Unauthorized, codeCrossOrigin,
			"A browser that is signed in may change something only from a page of this server.")
	}
	s.Keyring.Note(holder)
	return holder, nil
}

func (s *server) signedIn(c *gin.Context, token string) (*keyring.Holder, error) {
	id, err := s.Sessions.Find(c.Request.Context(), token)
	if err != nil {
		if failure.KindOf(err) == failure.Unauthorized {
			challenge(c)
		}
		return nil, err
	}
	holder, ok := s.Keyring.ByID(id)
	if !ok { // the session dies with its key
		challenge(c)
		return nil, access.NotSignedIn()
	}
	return holder, nil
}

// sentKey returns the key that a request carries in a header. A header that holds anything else is a key that is not valid:
// it must not be passed over for a session.
func sentKey(r *http.Request) (token string, sent bool) {
	if values := r.Header.Values("Authorization"); len(values) > 0 {
		scheme, token, _ := strings.Cut(values[0], " ")
		if len(values) > 1 || !strings.EqualFold(scheme, "Bearer") {
			return "", true
		}
		return strings.TrimSpace(token), true
	}
	if values := r.Header.Values("X-Api-Key"); len(values) > 0 {
		return values[0], true
	}
	return "", false
}

// safeMethod reports whether a method changes nothing.
func safeMethod(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// sameOrigin reports whether a browser says that a page of this very server sent the request. Browsers say so with every
// request that changes something; one that says nothing proves nothing.
func sameOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	origin, err := url.Parse(r.Header.Get("Origin"))
	return err == nil && origin.Host != "" && origin.Host == r.Host
}

// challenge says how to show who one is (RFC 6750).
func challenge(c *gin.Context, attributes ...string) {
	c.Header("WWW-Authenticate", strings.Join(append([]string{`Bearer realm="peneira"`}, attributes...), ", "))
}

// lacksScope is the failure of a request whose key has not the scopes that it needs.
func lacksScope(c *gin.Context, needed []access.Scope) error {
	names := make([]string, len(needed))
	for i, scope := range needed {
		names[i] = string(scope)
	}
	challenge(c, `error="insufficient_scope"`, fmt.Sprintf("scope=%q", strings.Join(names, " ")))
	return failure.New(failure.Unauthorized, codeScopeMissing, "The key is valid, but has not the scope that this needs: %s.",
		strings.Join(names, " and "))
}

// refuse answers a request that may not pass. A person who opens a page is sent to sign in.
func (s *server) refuse(c *gin.Context, err error) {
	var f *failure.Error
	if !opensPage(c.Request) || !errors.As(err, &f) || f.Kind != failure.Unauthorized {
		s.fail(c, err)
		return
	}
	if f.Code == codeScopeMissing {
		s.showProblem(c, http.StatusForbidden, problemFor(f))
		c.Abort()
		return
	}
	c.Redirect(http.StatusSeeOther, "/signin?next="+url.QueryEscape(c.Request.URL.RequestURI()))
	c.Abort()
}

// opensPage reports whether a browser shows the answer to a person.
func opensPage(r *http.Request) bool {
	return r.Method == http.MethodGet && !strings.HasPrefix(r.URL.Path, "/api/") && strings.Contains(r.Header.Get("Accept"), "text/html")
}
