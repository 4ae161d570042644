package api

import (
	"net"
	"net/http"

	"github.com/gin-gonic/gin"

	"peneira/internal/failure"
)

// guard refuses what a web page of somebody else makes a browser send.
//
// A server on loopback asks nobody who they are, so it must see to it that they are on this machine: a page from anywhere
// can post to 127.0.0.1, which the browser tells by Origin or Sec-Fetch-Site, and a page whose own name was made to point
// to 127.0.0.1 (DNS rebinding) can even read the answers, which the Host header tells.
func (s *server) guard() gin.HandlerFunc {
	origins := http.NewCrossOriginProtection()
	for _, origin := range s.Origins {
		if err := origins.AddTrustedOrigin(origin); err != nil {
			s.Logger.Warn("an origin is not one", "origin", origin, "error", err) // the settings are checked before
		}
	}
	return func(c *gin.Context) {
		if s.LoopbackOnly && !isLoopback(c.Request.Host) && !s.namedByProxy(c.Request) {
			s.fail(c, failure.New(failure.Unauthorized, codeWrongHost,
				"This server answers on this machine only, as localhost or 127.0.0.1."))
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

// namedByProxy reports whether a trusted proxy passes on the name that clients know the server by. Without keys that is no
// excuse: a page could have a browser on this machine say the same.
func (s *server) namedByProxy(r *http.Request) bool {
	return s.keysNeeded() && trusted(peerOf(r), s.TrustedProxies)
}

// isLoopback reports whether a Host header names this machine as only this machine is named.
func isLoopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport // there is no port
	}
	if host == "localhost" {
		return true
	}
	if len(host) > 2 && host[0] == '[' && host[len(host)-1] == ']' {
		host = host[1 : len(host)-1]
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
