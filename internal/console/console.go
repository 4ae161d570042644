// Package console serves the page at the root of the service, which says what Peneira is and where everything is.
//
// The page works without JavaScript, and its style is a file of its own, so that the strictest content security policy
// holds.
package console

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"regexp"
	"time"
)

//go:embed page.html static
var files embed.FS

// Info is what the page tells about the service. Limits that are zero are left out.
type Info struct {
	Version          string
	TimeLimit        time.Duration // of one execution
	MemoryLimitBytes int64
	InputLimitBytes  int64
	OutputLimitBytes int64
}

// securityPolicy lets the page load its own style and pictures and nothing else, and lets nobody frame it.
const securityPolicy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Handler serves the page at "/" and its parts under "/static/"; every other path is not found.
// It returns an error when the embedded page cannot be parsed.
func Handler(info Info) (http.Handler, error) {
	page, err := template.New("page.html").Option("missingkey=error").ParseFS(files, "page.html")
	if err != nil {
		return nil, fmt.Errorf("parse the landing page: %w", err)
	}
	parts, err := fs.Sub(files, "static")
	if err != nil {
		return nil, fmt.Errorf("find the landing page's parts: %w", err)
	}
	stamp, err := stampOf(parts)
	if err != nil {
		return nil, fmt.Errorf("read the landing page's parts: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /static/", http.StripPrefix("/static", cached(http.FileServerFS(parts))))
	mux.HandleFunc("GET /static/{$}", http.NotFound) // no list of files
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		if err := page.Execute(&body, newView(info, stamp, r)); err != nil {
			http.Error(w, "The page could not be written.", http.StatusInternalServerError)
			return
		}
		header := w.Header()
		header.Set("Content-Type", "text/html; charset=utf-8")
		header.Set("Cache-Control", "no-cache")
		header.Set("Content-Security-Policy", securityPolicy)
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write(body.Bytes()) // the client may have gone
	})
	return mux, nil
}

// stampOf names the content of the page's parts. It stands in their addresses, so that a browser that keeps them asks
// again after they have changed.
func stampOf(parts fs.FS) (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(parts, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(parts, path)
		sum.Write(content)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)[:4]), err
}

// cached lets browsers keep the page's parts for a day.
func cached(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=86400")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

// view is what the page's template reads.
type view struct {
	Version string
	Stamp   string
	BaseURL string
	Links   []link
	Limits  []limit
}

type link struct{ Path, Title, Text string }

type limit struct{ Name, Value string }

func links() []link {
	return []link{
		{"/swagger", "Swagger UI", "Try every call from the browser. It works offline."},
		{"/riverui", "River UI", "Watch the queue: what waits, what runs, what was tried again."},
		{"/openapi.yaml", "OpenAPI", "The contract, from which clients can be generated."},
		{"/health", "Health", "Says Healthy; as JSON, how each part is doing."},
		{"/metrics", "Metrics", "Requests, queue wait, run times and the sandbox, for Prometheus."},
	}
}

func newView(info Info, stamp string, r *http.Request) view {
	v := view{Version: info.Version, Stamp: stamp, BaseURL: baseURL(r), Links: links()}
	add := func(name, value string) { v.Limits = append(v.Limits, limit{name, value}) }
	if info.TimeLimit > 0 {
		add("Run time", fmt.Sprintf("%g s", info.TimeLimit.Seconds()))
	}
	for _, size := range []struct {
		name  string
		bytes int64
	}{{"Memory", info.MemoryLimitBytes}, {"Input", info.InputLimitBytes}, {"Output", info.OutputLimitBytes}} {
		if size.bytes > 0 {
			add(size.name, humanBytes(size.bytes))
		}
	}
	return v
}

// plainHost is a host, with or without port, that holds nothing a shell would obey.
var plainHost = regexp.MustCompile(`^[A-Za-z0-9.\-]+(:[0-9]{1,5})?$|^\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?$`)

// baseURL is the address under which the reader reached the service. It ends up in commands that people paste into a
// shell, so a host that is not plain is replaced by the default one.
func baseURL(r *http.Request) string {
	if !plainHost.MatchString(r.Host) {
		return "http://127.0.0.1:5000"
	}
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// humanBytes writes a size in the largest unit that divides it: 134217728 as "128 MiB".
func humanBytes(n int64) string {
	const kibi = 1 << 10
	unit := 0
	for n >= kibi && n%kibi == 0 && unit < 3 {
		n /= kibi
		unit++
	}
	return fmt.Sprintf("%d %s", n, [...]string{"B", "KiB", "MiB", "GiB"}[unit])
}
