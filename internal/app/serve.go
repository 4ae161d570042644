package app

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"time"
)

// serve answers requests until ctx ends, and then those under way.
func (a *App) serve(ctx context.Context, handler http.Handler) error {
	server := &http.Server{
		Handler: handler,
		// A client that sends its headers slowly, or nothing, must not hold a connection for long (slowloris). What comes
		// after the headers has its pace watched by the API.
		ReadHeaderTimeout: a.cfg.SlowClient,
		// A body may be large and a line slow, but not endless.
		ReadTimeout:    5 * time.Minute,
		IdleTimeout:    2 * time.Minute,
		WriteTimeout:   time.Hour, // takes the bound of the request before from a connection
		MaxHeaderBytes: 32 << 10,
		ErrorLog:       slog.NewLogLogger(a.log.Handler(), slog.LevelWarn),
	}
	listen := func() error { return server.Serve(a.listener) }
	if a.cfg.TLS() {
		certificate, err := newCertificate(a.cfg.TLSCert, a.cfg.TLSKey, a.log)
		if err != nil {
			return err
		}
		server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: certificate.get}
		listen = func() error { return server.ServeTLS(a.listener, "", "") } // and HTTP/2
	}
	served := make(chan error, 1)
	go func() { served <- listen() }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	draining, cancel := context.WithTimeout(context.WithoutCancel(ctx), max(a.cfg.ShutdownTime, time.Second))
	defer cancel()
	if err := server.Shutdown(draining); err != nil {
		_ = server.Close()
	}
	return nil
}

// certificate is a certificate in files, which are looked at again when a client connects: a renewed one is used without a
// restart.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu     sync.Mutex
	now    *tls.Certificate
	looked time.Time
	seen   [2]fileState
}

// fileState tells whether a file has changed.
type fileState struct {
	modified time.Time
	size     int64
}

// lookEvery bounds how often the files are looked at, whatever connects.
const lookEvery = time.Second

// newCertificate reads a certificate. It returns an error when it cannot be used.
func newCertificate(certFile, keyFile string, log *slog.Logger) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, log: log}
	err := c.read()
	return c, err
}

// get returns the certificate for a handshake. While the files hold none that is right, such as when one of them is written
// and the other is not, it is the last one that was.
func (c *certificate) get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) > lookEvery {
		if err := c.read(); err != nil {
			c.log.WarnContext(hello.Context(), "the certificate cannot be read again; the one before stays in use", "error", err)
		}
	}
	return c.now, nil
}

func (c *certificate) read() error {
	c.looked = time.Now()
	var seen [2]fileState
	for i, path := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(path)
		if err != nil {
			return fmt.Errorf("look at the certificate: %w", err)
		}
		seen[i] = fileState{info.ModTime(), info.Size()}
	}
	if c.now != nil && seen == c.seen {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("read the certificate: %w", err)
	}
	if c.now != nil {
		c.log.Info("a new certificate is in use", "file", c.certFile)
	}
	c.now, c.seen = &pair, seen
	return nil
}
