package binaries

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ulikunitz/xz"
)

const testVersion = "17.6.0"

// program is an entry of a tar archive that is a program of that version.
func program(name string) entry {
	return entry{Header: tar.Header{Name: name, Mode: 0o755}, text: "#!/bin/sh\necho 'x (PostgreSQL) 17.6'\n"}
}

type entry struct {
	tar.Header
	text string
}

// txz packs entries.
func txz(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var packed bytes.Buffer
	compressor, err := xz.WriterConfig{DictCap: 1 << 16}.NewWriter(&packed)
	if err != nil {
		t.Fatal(err)
	}
	archive := tar.NewWriter(compressor)
	for _, e := range entries {
		if e.Size == 0 {
			e.Size = int64(len(e.text))
		}
		if err := archive.WriteHeader(&e.Header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(archive, e.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Flush(); err != nil && !strings.Contains(err.Error(), "missed writing") {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil && !strings.Contains(err.Error(), "missed writing") {
		t.Fatal(err)
	}
	if err := compressor.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// jar packs files into a zip.
func jar(t *testing.T, files map[string][]byte) []byte {
	t.Helper()
	var packed bytes.Buffer
	archive := zip.NewWriter(&packed)
	for name, content := range files {
		w, err := archive.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// good is an archive as it should be: the programs, a library and a link to it.
func good(t *testing.T, more ...entry) []byte {
	t.Helper()
	entries := append([]entry{
		{Header: tar.Header{Name: "./", Typeflag: tar.TypeDir, Mode: 0o700}},
		program("./bin/postgres"), program("bin/initdb"),
		{Header: tar.Header{Name: "lib/libpq.so.5.17", Mode: 0o4777}, text: "library"},
		{Header: tar.Header{Name: "lib/libpq.so.5", Typeflag: tar.TypeSymlink, Linkname: "libpq.so.5.17"}},
	}, more...)
	return jar(t, map[string][]byte{"META-INF/MANIFEST.MF": []byte("x"), "postgres-linux-x86_64.txz": txz(t, entries...)})
}

func checksum(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// repository serves an archive and its checksum in Maven's layout.
func repository(t *testing.T, archive []byte, sum string) *httptest.Server {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, ".jar.sha256") && sum != "":
			_, _ = io.WriteString(w, sum)
		case strings.HasSuffix(r.URL.Path, ".jar"):
			_, _ = w.Write(archive)
		default:
			http.NotFound(w, r)
		}
	})
}

func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

func TestDownload(t *testing.T) {
	t.Parallel()
	osName, arch, err := platform(runtime.GOOS, runtime.GOARCH, isMusl())
	if err != nil || runtime.GOOS == "windows" {
		t.Skipf("there is nothing to download here: %v", err)
	}
	archive := good(t)
	var mutex sync.Mutex
	var asked []string
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mutex.Lock()
		asked = append(asked, r.URL.Path)
		mutex.Unlock()
		if strings.HasSuffix(r.URL.Path, ".sha256") {
			_, _ = io.WriteString(w, strings.ToUpper(checksum(archive))+"  archive.jar\n")
			return
		}
		_, _ = w.Write(archive)
	})
	dir := t.TempDir()
	source := Source{BaseURL: server.URL + "/maven/", Version: testVersion, Dir: dir}
	for range 2 { // the second time nothing is asked for
		found, err := Download(t.Context(), source)
		if err != nil {
			t.Fatal(err)
		}
		if want := filepath.Join(dir, "postgres-"+testVersion, "bin"); found.BinDir != want || found.Version != "17.6" || found.Major != 17 {
			t.Errorf("found %+v", found)
		}
	}
	artifact := "embedded-postgres-binaries-" + osName + "-" + arch
	path := "/maven/io/zonky/test/postgres/" + artifact + "/17.6.0/" + artifact + "-17.6.0.jar"
	mutex.Lock()
	defer mutex.Unlock()
	if want := []string{path + ".sha256", path}; strings.Join(asked, " ") != strings.Join(want, " ") {
		t.Errorf("asked for %q, want %q", asked, want)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "postgres-"+testVersion, "lib", "libpq.so.5")); err != nil || string(text) != "library" {
		t.Errorf("the link leads to %q (%v)", text, err)
	}
	info, err := os.Stat(filepath.Join(dir, "postgres-"+testVersion, "lib", "libpq.so.5.17"))
	if err != nil || info.Mode() != 0o755 {
		t.Errorf("the library's mode: %v (%v)", info.Mode(), err)
	}
	onlyIn(t, dir, "postgres-"+testVersion)
}

// onlyIn checks that nothing else was left in the directory.
func onlyIn(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var found []string
	for _, e := range entries {
		found = append(found, e.Name())
	}
	if strings.Join(found, " ") != strings.Join(names, " ") {
		t.Errorf("the directory holds %q, want %q", found, names)
	}
}

func TestDownloadRepairs(t *testing.T) {
	t.Parallel()
	archive := good(t)
	server := repository(t, archive, checksum(archive))
	dir := t.TempDir()
	install(t, filepath.Join(dir, "postgres-"+testVersion, "bin"), "17.6", Postgres) // and no initdb
	if err := os.Mkdir(filepath.Join(dir, workPrefix+"left"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Download(t.Context(), Source{BaseURL: server.URL, Version: testVersion, Dir: dir}); err != nil {
		t.Fatal(err)
	}
	onlyIn(t, dir, "postgres-"+testVersion)
}

func TestDownloadRefuses(t *testing.T) {
	t.Parallel()
	fine := good(t)
	link := func(name, target string) entry {
		return entry{Header: tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: target}}
	}
	file := func(name string) entry { return entry{Header: tar.Header{Name: name, Mode: 0o644}, text: "x"} }
	with := func(entries ...entry) []byte { return good(t, entries...) }

	for name, c := range map[string]struct {
		archive []byte
		sum     string // default: the right one; "-": none
		want    []string
	}{
		"a wrong checksum":    {fine, checksum([]byte("other")), []string{"SHA-256 is " + checksum(fine), "do not trust"}},
		"no checksum":         {fine, "-", []string{"its checksum", ".sha256 answers 404"}},
		"an empty checksum":   {fine, " \n", []string{"its checksum", "it is empty"}},
		"a page as checksum":  {fine, "<html>", []string{"not a SHA-256"}},
		"a SHA-1":             {fine, "da39a3ee5e6b4b0d3255bfef95601890afd80709", []string{"not a SHA-256"}},
		"an endless checksum": {fine, strings.Repeat("a", maxChecksumBytes+1), []string{"more than the 4096"}},
		"no zip":              {[]byte("hello"), "", []string{"opening the archive"}},
		"a cut zip":           {fine[:len(fine)/2], "", []string{"opening the archive"}},
		"a zip without a txz": {jar(t, map[string][]byte{"a": nil}), "", []string{"holds no .txz"}},
		"a zip with two":      {jar(t, map[string][]byte{"a.txz": nil, "b.txz": nil}), "", []string{"more than one .txz"}},
		"a broken txz":        {jar(t, map[string][]byte{"a.txz": []byte("hello")}), "", []string{"opening a.txz"}},
		"a cut txz":           {jar(t, map[string][]byte{"a.txz": txz(t, program("bin/postgres"))[:100]}), "", []string{"unpacking"}},
		"an archive without programs": {
			jar(t, map[string][]byte{"a.txz": txz(t, program("bin/postgres"))}), "", []string{"holds no bin/initdb and bin/postgres"},
		},
		"an entry above":          {with(file("../evil")), "", []string{`"../evil"`, "outside of the directory"}},
		"an entry above, hidden":  {with(file("bin/../../evil")), "", []string{"outside of the directory"}},
		"an absolute entry":       {with(file("/tmp/evil")), "", []string{"outside of the directory"}},
		"an entry without a name": {with(file("..")), "", []string{"outside of the directory"}},
		"a link above":            {with(link("bin/evil", "../../etc/passwd")), "", []string{`lead outside of the directory, to "../../etc/passwd"`}},
		"an absolute link":        {with(link("evil", "/etc/passwd")), "", []string{"lead outside"}},
		"a link to nowhere":       {with(link("evil", "nowhere")), "", []string{`"evil" does not lead to a file`}},
		"a link to itself":        {with(link("evil", "evil")), "", []string{`"evil" does not lead to a file`}},
		"a link that a link lets out": {
			with(link("deep/er/top", "../.."), link("deep/er/top/evil", "../..")), "", []string{`"evil" does not lead to a file`},
		},
		"a file behind a link that was let out": {
			with(link("deep/er/top", "../.."), link("deep/er/top/evil", "../.."), file("evil/x")), "", []string{`"evil/x"`},
		},
		"a hard link above": {
			with(entry{Header: tar.Header{Name: "evil", Typeflag: tar.TypeLink, Linkname: "../archive.jar"}}), "", []string{`"evil"`},
		},
		"a device":    {with(entry{Header: tar.Header{Name: "evil", Typeflag: tar.TypeChar}}), "", []string{"of a kind that does not belong"}},
		"a pipe":      {with(entry{Header: tar.Header{Name: "evil", Typeflag: tar.TypeFifo}}), "", []string{"of a kind that does not belong"}},
		"twice":       {with(program("bin/postgres")), "", []string{`"bin/postgres"`, "exists"}},
		"a huge file": {with(entry{Header: tar.Header{Name: "huge", Size: maxUnpackedBytes + 1}}), "", []string{"unpacks to more than"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			switch c.sum {
			case "":
				c.sum = checksum(c.archive)
			case "-":
				c.sum = ""
			}
			server := repository(t, c.archive, c.sum)
			parent := t.TempDir()
			dir := filepath.Join(parent, "data")
			_, err := Download(t.Context(), Source{BaseURL: server.URL, Version: testVersion, Dir: dir})
			if err == nil {
				t.Fatal("it was taken")
			}
			for _, part := range c.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the error lacks %q: %v", part, err)
				}
			}
			onlyIn(t, dir)
			onlyIn(t, parent, "data")
		})
	}
}

func TestDownloadAnswers(t *testing.T) {
	t.Parallel()
	archive := good(t)
	sum := checksum(archive)
	withSum := func(answer http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, ".sha256") {
				_, _ = io.WriteString(w, sum)
				return
			}
			answer(w, r)
		}
	}
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		want    []string
	}{
		"nothing there": {http.NotFound, []string{"404 Not Found", "17.6.0"}},
		"an error": {withSum(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadGateway)
		}), []string{"502 Bad Gateway"}},
		"a body that is cut": {withSum(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100000")
			_, _ = w.Write(archive[:100])
		}), []string{"unexpected EOF"}},
		"a body that claims to be huge": {withSum(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "999999999999")
			w.WriteHeader(http.StatusOK)
		}), []string{"999999999999 bytes, more than"}},
		"no answer": {withSum(func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
		}), []string{"getting http://", "timeout"}},
		"a body that stalls": {withSum(func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write(archive[:100])
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}), []string{errStalled.Error()}},
		"redirects in a circle": {withSum(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		}), []string{"redirected too often"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			server := serve(t, c.handler)
			_, err := Download(t.Context(), Source{BaseURL: server.URL, Version: testVersion, Dir: dir, stall: 200 * time.Millisecond})
			if err == nil {
				t.Fatal("it was taken")
			}
			for _, part := range c.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the error lacks %q: %v", part, err)
				}
			}
			onlyIn(t, dir)
		})
	}
}

func TestDownloadCancelled(t *testing.T) {
	t.Parallel()
	archive := good(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	called := errors.New("called off")
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".sha256") {
			_, _ = io.WriteString(w, checksum(archive))
			return
		}
		_, _ = w.Write(archive[:100])
		_ = http.NewResponseController(w).Flush()
		cancel(called)
		<-r.Context().Done()
	})
	dir := t.TempDir()
	_, err := Download(ctx, Source{BaseURL: server.URL, Version: testVersion, Dir: dir})
	if !errors.Is(err, called) {
		t.Errorf("the error is %v", err)
	}
	onlyIn(t, dir)
}

func TestDownloadSources(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		source Source
		want   string
	}{
		"a version that leads elsewhere": {Source{BaseURL: "http://x", Version: "../../x"}, "not a version of PostgreSQL"},
		"no version":                     {Source{BaseURL: "http://x"}, "not a version of PostgreSQL"},
		"no address":                     {Source{BaseURL: "::", Version: testVersion}, "not a valid URL"},
		"nobody there":                   {Source{BaseURL: "http://user:secret@127.0.0.1:1", Version: testVersion}, "connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.source.Dir = t.TempDir()
			_, err := Download(t.Context(), c.source)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("the error is %v, want one about %q", err, c.want)
			}
		})
	}
}

func TestNoDowngrade(t *testing.T) {
	t.Parallel()
	request := func(address string) *http.Request { return httptest.NewRequest(http.MethodGet, address, http.NoBody) }
	if err := noDowngrade(request("http://b/"), []*http.Request{request("https://a/")}); err == nil {
		t.Error("it follows from https to http")
	}
	if err := noDowngrade(request("https://b/"), []*http.Request{request("https://a/")}); err != nil {
		t.Error(err)
	}
}
