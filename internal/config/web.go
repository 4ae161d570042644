package config

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Web is how the server meets its clients.
type Web struct {
	TLSCert string `name:"tls-cert" env:"PENEIRA_TLS_CERT" help:"File of the certificate and its chain (PEM). It is read again when it changes. Unset: no TLS."`
	TLSKey  string `name:"tls-key" env:"PENEIRA_TLS_KEY" help:"File of the certificate's private key (PEM)."`

	RateLimit   int           `name:"rate-limit" env:"PENEIRA_RATE_LIMIT" default:"1000" help:"Requests per second that a key may send to this process, unless it has a limit of its own, 1 to 1000000. 0: no limit."`
	InFlight    int           `name:"in-flight" env:"PENEIRA_IN_FLIGHT" default:"10000" help:"Executions that a key may have waiting or running by this process, unless it has a limit of its own, 1 to 10000000. 0: no limit."`
	SessionTime time.Duration `name:"session-time" env:"PENEIRA_SESSION_TIME" default:"12h" help:"How long a browser stays signed in, 1m to 720h."`
	SlowClient  time.Duration `name:"slow-client" env:"PENEIRA_SLOW_CLIENT" default:"10s" help:"How long a client may take for its headers, and be slower than 16 KiB per second with a body or an answer, 100ms to 5m."`
	Origins     []string      `name:"cors-origins" env:"PENEIRA_CORS_ORIGINS" help:"Origins whose pages may use the API with a key, separated by commas, such as https://app.example. Unset: none."`
	Proxies     []string      `name:"trusted-proxies" env:"PENEIRA_TRUSTED_PROXIES" help:"Addresses or networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, separated by commas. Unset: none."`
	Hosts       []string      `name:"hosts" env:"PENEIRA_HOSTS" help:"Names that clients call the server by, separated by commas, such as peneira.internal. While nobody is asked for a key, requests to any other name than localhost or an address are refused. Unset: none."`
}

// Validate checks every setting. The error names the setting and says what it may be.
func (w Web) Validate() error {
	if err := errors.Join(
		number("PENEIRA_RATE_LIMIT", w.RateLimit, 1_000_000),
		number("PENEIRA_IN_FLIGHT", w.InFlight, 10_000_000),
		within("PENEIRA_SESSION_TIME", w.SessionTime, time.Minute, 30*24*time.Hour),
		within("PENEIRA_SLOW_CLIENT", w.SlowClient, 100*time.Millisecond, 5*time.Minute),
	); err != nil {
		return err
	}
	for _, origin := range w.Origins {
		if u, err := url.Parse(origin); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || origin != u.Scheme+"://"+strings.ToLower(u.Host) {
			return fmt.Errorf("PENEIRA_CORS_ORIGINS has %q: an origin is a scheme and a host, such as https://app.example", origin)
		}
	}
	for _, name := range w.Hosts {
		if name == "" || strings.ContainsAny(name, ":/*@ ") {
			return fmt.Errorf("PENEIRA_HOSTS has %q: it must be a host name without scheme and port, such as peneira.internal", name)
		}
	}
	if _, err := w.TrustedProxies(); err != nil {
		return err
	}
	return w.validateTLS()
}

func number(name string, value, most int) error {
	if value < 0 || value > most {
		return fmt.Errorf("%s is %d: it must be from 1 to %d, or 0 for no limit", name, value, most)
	}
	return nil
}

// TLS reports whether the server speaks TLS.
func (w Web) TLS() bool { return w.TLSCert != "" }

func (w Web) validateTLS() error {
	if (w.TLSCert == "") != (w.TLSKey == "") {
		return errors.New("PENEIRA_TLS_CERT and PENEIRA_TLS_KEY go together: set both, or none")
	}
	if !w.TLS() {
		return nil
	}
	if _, err := tls.LoadX509KeyPair(w.TLSCert, w.TLSKey); err != nil {
		return fmt.Errorf("PENEIRA_TLS_CERT and PENEIRA_TLS_KEY are no certificate and its key: %w", err)
	}
	return nil
}

// TrustedProxies returns the networks of the proxies that are believed.
func (w Web) TrustedProxies() ([]netip.Prefix, error) {
	var networks []netip.Prefix
	for _, text := range w.Proxies {
		if address, err := netip.ParseAddr(text); err == nil {
			networks = append(networks, netip.PrefixFrom(address.Unmap(), address.Unmap().BitLen()))
			continue
		}
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("PENEIRA_TRUSTED_PROXIES has %q: it must be an address or a network, such as 10.0.0.0/8", text)
		}
		networks = append(networks, network.Masked())
	}
	return networks, nil
}
