package app_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"peneira/internal/access"
	"peneira/internal/app/apptest"
	"peneira/internal/config"
)

// writeCertificate writes a new certificate of its own authority, with a serial number to tell it by.
func writeCertificate(t *testing.T, dir string, serial int64) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

// serialOf returns the serial number of the certificate that the server shows to a new connection.
func serialOf(t *testing.T, service *apptest.App) int64 {
	t.Helper()
	conn, err := tls.Dial("tcp", mustURL(t, service.URL).Host, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}

func TestTLSIsServedAndReadAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	service := apptest.Start(t, func(cfg *config.Config) { cfg.TLSCert, cfg.TLSKey = writeCertificate(t, dir, 1) })
	_, token := service.MakeKey(t, []access.Scope{access.ScriptsRead})
	b := newBrowser(t, service.URL)
	b.client.Transport = &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
	eventually(t, func() error {
		if r := b.do("GET", "/", nil); r.StatusCode != http.StatusSeeOther {
			return errors.New("the service does not know yet that there are keys")
		}
		return nil
	})
	r := b.signIn(token, "/swagger/")
	if r.ProtoMajor != 2 || r.StatusCode != http.StatusSeeOther {
		t.Errorf("%s %d", r.Proto, r.StatusCode)
	}
	if cookie := r.Cookies()[0]; !cookie.Secure || cookie.Name != "__Host-peneira_session" {
		t.Errorf("%+v", cookie)
	}
	b.want(http.StatusOK, "GET", "/swagger/")
	b.do("POST", "/signout", url.Values{}, "Sec-Fetch-Site", "same-origin")
	b.want(http.StatusSeeOther, "GET", "/swagger/")

	if err := os.WriteFile(filepath.Join(dir, "key.pem"), []byte("half written"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := serialOf(t, service); got != 1 {
		t.Errorf("with a broken key it shows certificate %d", got)
	}
	writeCertificate(t, dir, 2)
	eventually(t, func() error {
		if got := serialOf(t, service); got != 2 {
			return fmt.Errorf("it shows certificate %d", got)
		}
		return nil
	})
}
