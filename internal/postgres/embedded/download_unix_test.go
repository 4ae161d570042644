//go:build unix

package embedded

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"peneira/internal/postgres/binaries"
)

// On a machine without PostgreSQL the server's programs are downloaded, and a cluster is made and run with them. As root
// that happens in a place that the server's user cannot reach, as in a clone below /root.
func TestStartDownloads(t *testing.T) {
	t.Parallel()
	installed, err := binaries.Find(t.Context(), binaries.Query{})
	if err != nil {
		t.Fatalf("the archive to download is made from an installed PostgreSQL: %v", err)
	}
	archive := pack(t, filepath.Dir(installed.BinDir))
	sum := sha256.Sum256(archive)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".sha256") {
			_, _ = io.WriteString(w, hex.EncodeToString(sum[:]))
			return
		}
		_, _ = w.Write(archive)
	}))
	t.Cleanup(server.Close)

	version := installed.Version + ".0"
	cfg := Config{
		Dir: filepath.Join(t.TempDir(), "data"), stateRoot: openDir(t), DownloadURL: server.URL, Version: version,
		places: []string{}, Throwaway: true,
	}
	s := setup(t, cfg)
	parent := cfg.Dir
	if os.Geteuid() == 0 {
		parent = cfg.stateRoot
	}
	if !strings.HasPrefix(s.BinDir(), parent+"/") || !strings.HasSuffix(s.BinDir(), "/postgres-"+version+"/bin") {
		t.Errorf("it runs from %s, which is not below %s", s.BinDir(), parent)
	}
	query(t, s.URL(), "CREATE TABLE t AS SELECT 'kept' AS v")
	stop(t, s)

	// From now on nothing needs to be downloaded.
	server.Close()
	s = setup(t, cfg)
	if got := query(t, s.URL(), "SELECT v FROM t"); got != "kept" {
		t.Errorf("the second start sees %q", got)
	}
}

func TestStartWithoutPrograms(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	dir := openDir(t)
	_, err := try(t, Config{Dir: dir, DownloadURL: server.URL, places: []string{}})
	contains(t, err, "no suitable PostgreSQL is installed", "404 Not Found", "apt install postgresql", "PG_BIN", "DATABASE_URL")
	_, err = try(t, Config{Dir: dir, DownloadURL: server.URL, BinDir: filepath.Join(dir, "none")})
	contains(t, err, "there is no initdb and postgres in "+filepath.Join(dir, "none"))
	if strings.Contains(err.Error(), "404") {
		t.Errorf("it looked elsewhere than in the named directory: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Start(ctx, Config{Dir: dir, places: []string{}}); err == nil || strings.Contains(err.Error(), "Install") {
		t.Errorf("a start that was called off says %v", err)
	}
}

// pack makes an archive as the repository holds it, from the parts of an installation that a server needs.
func pack(t *testing.T, home string) []byte {
	t.Helper()
	var tarred bytes.Buffer
	archive := tar.NewWriter(&tarred)
	add := func(path string) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name, err := filepath.Rel(home, path)
		if err != nil {
			t.Fatal(err)
		}
		if err := archive.WriteHeader(&tar.Header{Name: filepath.ToSlash(name), Mode: 0o755, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write(text); err != nil {
			t.Fatal(err)
		}
	}
	add(filepath.Join(home, "bin", binaries.InitDB))
	add(filepath.Join(home, "bin", binaries.Postgres))
	// Of the libraries those that a new cluster loads.
	for _, pattern := range []string{"plpgsql.*", "dict_snowball.*", "*.so.*"} {
		libraries, err := filepath.Glob(filepath.Join(home, "lib", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range libraries {
			add(path)
		}
	}
	// Debian keeps it elsewhere, where a server that was moved still finds it.
	if share := filepath.Join(home, "share"); hasDir(share) {
		err := filepath.WalkDir(share, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.Type().IsRegular() {
				add(path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}

	var jar bytes.Buffer
	outer := zip.NewWriter(&jar)
	w, err := outer.CreateHeader(&zip.FileHeader{Name: "postgres-test.txz", Method: zip.Store})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(stored(tarred.Bytes())); err != nil {
		t.Fatal(err)
	}
	if err := outer.Close(); err != nil {
		t.Fatal(err)
	}
	return jar.Bytes()
}

func hasDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
