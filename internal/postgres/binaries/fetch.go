package binaries

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

const (
	// maxArchiveBytes bounds what a repository can make us write to disk. The archives have about 10 to 40 MB.
	maxArchiveBytes = 256 << 20
	// maxChecksumBytes bounds the answer that holds a checksum: 64 digits, and perhaps a file name.
	maxChecksumBytes = 4 << 10
	// stallPatience is how long the repository may send nothing before we give up.
	stallPatience = 30 * time.Second
	// progressInterval is how often the progress is logged.
	progressInterval = 3 * time.Second
)

var errStalled = errors.New("the server sends nothing any more")

// fetch downloads the archive to path and checks it against the checksum beside it.
func (s Source) fetch(ctx context.Context, address, path string) error {
	client := &http.Client{Transport: s.transport(), CheckRedirect: noDowngrade}
	defer client.CloseIdleConnections()

	// The checksum first: without it the archive is of no use.
	var text strings.Builder
	if err := s.get(ctx, client, address+".sha256", maxChecksumBytes, &text); err != nil {
		return fmt.Errorf("its checksum: %w", err)
	}
	want, err := parseChecksum(text.String())
	if err != nil {
		return fmt.Errorf("its checksum from %s.sha256: %w", redacted(address), err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("making the file: %w", err)
	}
	sum := &progress{hash: sha256.New(), source: s, ctx: ctx, last: time.Now()}
	err = s.get(ctx, client, address, maxArchiveBytes, io.MultiWriter(file, sum))
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if got := hex.EncodeToString(sum.hash.Sum(nil)); got != want {
		return fmt.Errorf("the archive is not the one that its checksum is of: SHA-256 is %s and should be %s. "+
			"Try again; if it stays so, do not trust %s", got, want, redacted(s.BaseURL))
	}
	return nil
}

func (s Source) transport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: s.stall}).DialContext,
		TLSHandshakeTimeout:   s.stall,
		ResponseHeaderTimeout: s.stall,
		ForceAttemptHTTP2:     true,
	}
}

// noDowngrade follows at most ten redirects, and none from an encrypted connection to one that anybody can change.
func noDowngrade(request *http.Request, via []*http.Request) error {
	const maxRedirects = 10
	if len(via) >= maxRedirects {
		return errors.New("redirected too often")
	}
	if via[0].URL.Scheme == "https" && request.URL.Scheme != "https" {
		return errors.New("redirected from https to " + request.URL.Scheme)
	}
	return nil
}

// get writes the body at the address to w. It fails on any answer but 200, on more than limitBytes, on a body that is cut
// short, and when nothing comes for a while.
func (s Source) get(ctx context.Context, client *http.Client, address string, limitBytes int64, w io.Writer) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return errors.New("the address of the repository is not a valid URL")
	}
	response, err := client.Do(request)
	if err != nil {
		return reason(ctx, address, err)
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", redacted(address), response.Status)
	}
	if response.ContentLength > limitBytes {
		return fmt.Errorf("%s has %d bytes, more than the %d that are allowed", redacted(address), response.ContentLength, limitBytes)
	}
	watchdog := time.AfterFunc(s.stall, func() { cancel(errStalled) })
	defer watchdog.Stop()
	body := &watched{body: io.LimitReader(response.Body, limitBytes+1), timer: watchdog, patience: s.stall}
	n, err := io.Copy(w, body)
	if err != nil {
		return reason(ctx, address, err)
	}
	if n > limitBytes {
		return fmt.Errorf("%s has more than the %d bytes that are allowed", redacted(address), limitBytes)
	}
	return nil
}

// reason tells why a request failed: the context's own reason rather than the network's echo of it.
func reason(ctx context.Context, address string, err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // without the address, which may hold a password
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return fmt.Errorf("getting %s: %w", redacted(address), err)
}

// watched is a body whose every piece puts off the end of our patience.
type watched struct {
	body     io.Reader
	timer    *time.Timer
	patience time.Duration
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.body.Read(p)
	w.timer.Reset(w.patience)
	return n, err //nolint:wrapcheck // a reader passes io.EOF on as it is
}

// progress hashes what passes and logs how much it was.
type progress struct {
	hash   hash.Hash
	source Source
	ctx    context.Context //nolint:containedctx // lives for one download, for the log alone
	bytes  int64
	last   time.Time
}

func (p *progress) Write(b []byte) (int, error) {
	p.bytes += int64(len(b))
	if time.Since(p.last) >= progressInterval {
		p.last = time.Now()
		p.source.Logger.InfoContext(p.ctx, "Downloading PostgreSQL.", "megabytes", p.bytes/1_000_000)
	}
	return p.hash.Write(b) //nolint:wrapcheck // never fails
}

// parseChecksum reads a checksum as repositories keep it: the digits alone, or followed by a file name.
func parseChecksum(text string) (string, error) {
	fields := strings.Fields(text)
	if len(fields) == 0 {
		return "", errors.New("it is empty")
	}
	sum := strings.ToLower(fields[0])
	if raw, err := hex.DecodeString(sum); err != nil || len(raw) != sha256.Size {
		return "", errors.New("it is not a SHA-256 checksum")
	}
	return sum, nil
}

// redacted returns an address without the password that it may hold.
func redacted(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return "the repository"
	}
	return parsed.Redacted()
}
