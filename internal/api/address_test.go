package api

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestClientAddressIsWhatTrustedProxiesSay(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	for name, c := range map[string]struct {
		peer      string
		forwarded []string
		want      string
	}{
		"no proxy":                  {"192.0.2.1:1234", nil, "192.0.2.1"},
		"no proxy, made up":         {"192.0.2.1:1234", []string{"198.51.100.9"}, "192.0.2.1"},
		"proxy":                     {"10.0.0.1:1234", []string{"198.51.100.9"}, "198.51.100.9"},
		"proxy, with more made up":  {"10.0.0.1:1234", []string{"1.1.1.1, 198.51.100.9"}, "198.51.100.9"},
		"two proxies":               {"10.0.0.1:1234", []string{"1.1.1.1, 198.51.100.9, 10.2.3.4"}, "198.51.100.9"},
		"two headers":               {"10.0.0.1:1234", []string{"1.1.1.1", "198.51.100.9"}, "198.51.100.9"},
		"proxy that names nobody":   {"10.0.0.1:1234", nil, "10.0.0.1"},
		"proxy that names nonsense": {"10.0.0.1:1234", []string{"198.51.100.9, unknown"}, "10.0.0.1"},
		"IPv6":                      {"[::1]:1234", []string{"2001:db8::7"}, "2001:db8::7"},
		"IPv4 in IPv6":              {"[::ffff:10.0.0.1]:1234", []string{"198.51.100.9"}, "198.51.100.9"},
		"a socket":                  {"@", []string{"198.51.100.9"}, "invalid IP"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		r.RemoteAddr = c.peer
		r.Header["X-Forwarded-For"] = c.forwarded
		if got := clientAddress(r, proxies).String(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
