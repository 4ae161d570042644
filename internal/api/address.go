package api

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// peerOf is the address at the other end of the connection; not valid when that has none.
func peerOf(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return peer.Addr().Unmap().WithZone("")
}

func trusted(address netip.Addr, proxies []netip.Prefix) bool {
	return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(address) })
}

// clientAddress is where a request comes from: the other end of the connection, or, when that is a trusted proxy, the last
// address before the trusted ones that it names. What stands further left the client may have made up.
func clientAddress(r *http.Request, proxies []netip.Prefix) netip.Addr {
	address := peerOf(r)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !trusted(address, proxies) {
			break
		}
		before, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		address = before.Unmap().WithZone("")
	}
	return address
}

// overTLS reports whether the client's own connection is encrypted, to us or to a trusted proxy.
func (s *server) overTLS(r *http.Request) bool {
	return r.TLS != nil || trusted(peerOf(r), s.TrustedProxies) && r.Header.Get("X-Forwarded-Proto") == "https"
}
