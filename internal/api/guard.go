package api

import (
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"peneira/internal/failure"
)

// guard refuses what a web page of somebody else makes a browser send.
//
// A server on loopback asks nobody who they are, so it must see to it that they are on this machine: a page from anywhere
// can post to 127.0.0.1, which the browser tells by Origin or Sec-Fetch-Site, and a page whose own name was made to point
// to 127.0.0.1 (DNS rebinding) can even read the answers, which the Host header tells. The same goes for a server on any
// other address that asks nobody for a key: it is a browser behind whatever keeps others out that is made to send.
func (s *server) guard() gin.HandlerFunc {
	origins := http.NewCrossOriginProtection()
	for _, origin := range s.Origins {
		if err := origins.AddTrustedOrigin(origin); err != nil {
			s.Logger.Warn("an origin is not one", "origin", origin, "error", err) // the settings are checked before
		}
	}
	return func(c *gin.Context) {
		if err := s.checkHost(c.Request); err != nil {
			s.fail(c, err)
			return
		}
		if err := origins.Check(c.Request); err != nil {
			s.fail(c, failure.New(failure.Unauthorized, codeCrossOrigin,
				"A web page of another origin may not change anything here.").Because(err))
			return
		}
		c.Next()
	}
}

// checkHost refuses a request for a name that may be somebody else's. An address is nobody's: the page of another can be
// made to have this server's address, but not to be called by it.
func (s *server) checkHost(r *http.Request) error {
	host := hostOf(r.Host)
	switch {
	case slices.Contains(s.Hosts, host):
		return nil
	case s.LoopbackOnly:
		if isLoopback(host) || s.namedByProxy(r) {
			return nil
		}
		return failure.New(failure.Unauthorized, codeWrongHost,
			"This server answers on this machine only, as localhost or 127.0.0.1, and to the names in PENEIRA_HOSTS.")
	case s.Keyring == nil:
		if host == "localhost" || net.ParseIP(host) != nil {
			return nil
		}
		return failure.New(failure.Unauthorized, codeWrongHost, "This server asks nobody for a key, so it answers only to its address, "+
			"to localhost and to the names in PENEIRA_HOSTS. If this name is the server's, add it there.")
	}
	return nil
}

// namedByProxy reports whether a trusted proxy passes on the name that clients know the server by. Without keys that is no
// excuse: a page could have a browser on this machine say the same.
func (s *server) namedByProxy(r *http.Request) bool {
	return s.keysNeeded() && trusted(peerOf(r), s.TrustedProxies)
}

// hostOf returns the name or address in a Host header, in lower case and without port and brackets.
func hostOf(hostport string) string {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport // there is no port
	}
	if len(host) > 2 && host[0] == '[' && host[len(host)-1] == ']' {
		host = host[1 : len(host)-1]
	}
	return strings.ToLower(host)
}

// isLoopback reports whether a host is this machine as only this machine names it.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
