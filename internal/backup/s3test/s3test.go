// Package s3test starts S3 stores for tests, and breaks them when asked to.
package s3test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// What every store of a test has.
const (
	Bucket    = "backups"
	AccessKey = "reader"
	SecretKey = "sesame-open"
)

// Variable names the program of versitygw, an S3 server over a directory; `make test/s3` builds it. Without it, a store in
// memory is used, which knows what Peneira asks of one.
const Variable = "PENEIRA_TEST_S3_SERVER"

// Fault may answer a request instead of the store. It reports whether it has.
type Fault func(w http.ResponseWriter, r *http.Request) bool

// Store is an S3 store with one bucket.
type Store struct {
	URL    string
	Client *minio.Client // to look into it, past any fault

	mu    sync.Mutex
	fault Fault
}

// Start starts a store, which ends with the test.
func Start(t testing.TB) *Store {
	t.Helper()
	behind := httptest.NewServer(newMemory()).URL // ends with the process: connections that are kept would hinder its close
	if program := os.Getenv(Variable); program != "" {
		behind = startServer(t, program)
	}
	target, err := url.Parse(behind)
	if err != nil {
		t.Fatal(err)
	}
	s := &Store{}
	// The Host header stays: it is signed.
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host
	}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		fault := s.fault
		s.mu.Unlock()
		if fault == nil || !fault(w, r) {
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.CloseClientConnections)
	s.URL = server.URL
	s.Client, err = minio.New(target.Host, &minio.Options{Creds: credentials.NewStaticV4(AccessKey, SecretKey, "")})
	if err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for s.Client.MakeBucket(t.Context(), Bucket, minio.MakeBucketOptions{}) != nil {
		select {
		case <-t.Context().Done():
			t.Fatal("the S3 server does not answer")
		case <-tick.C:
		}
	}
	return s
}

// Break has a fault answer from now on; nil mends the store.
func (s *Store) Break(fault Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = fault
}

// Names lists the objects.
func (s *Store) Names(t testing.TB) []string {
	t.Helper()
	var names []string
	for object := range s.Client.ListObjectsIter(t.Context(), Bucket, minio.ListObjectsOptions{Recursive: true}) {
		if object.Err != nil {
			t.Fatal(object.Err)
		}
		names = append(names, object.Key)
	}
	return names
}

func startServer(t testing.TB, program string) string {
	t.Helper()
	probe, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // over at once
	if err != nil {
		t.Fatal(err)
	}
	address := probe.Addr().String()
	_ = probe.Close()
	//nolint:gosec // the program of whoever runs the test
	cmd := exec.CommandContext(t.Context(), program, "--access", AccessKey, "--secret", SecretKey, "--port", address,
		"posix", "--sidecar", t.TempDir(), t.TempDir())
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return "http://" + address
}
