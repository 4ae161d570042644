package cli

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"time"
)

// healthcheckCommand is `peneira healthcheck`: the binary is its own probe, so that an image needs no other tool.
type healthcheckCommand struct {
	Listen  string `name:"listen" env:"PENEIRA_LISTEN" default:"127.0.0.1:5000" help:"Address and port that the server serves on."`
	TLSCert string `name:"tls-cert" env:"PENEIRA_TLS_CERT" help:"Set when the server speaks TLS."`
}

// Run implements the command.
func (c *healthcheckCommand) Run(ctx context.Context) error {
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return usage(fmt.Errorf("PENEIRA_LISTEN is %q: %w", c.Listen, err))
	}
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "localhost"
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.scheme()+"://"+net.JoinHostPort(host, port)+"/readyz", http.NoBody)
	if err != nil {
		return usage(err)
	}
	// It asks its own machine whether the server is ready, and the certificate is for the name that others know.
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} //nolint:gosec // see above
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("not reachable: %w", err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s", response.Status)
	}
	return nil
}

func (c *healthcheckCommand) scheme() string {
	if c.TLSCert != "" {
		return "https"
	}
	return "http"
}
