package api

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"peneira/internal/execution"
)

const scriptID = "01930f6e-7a52-7c31-9f0a-5b7c2a4d9e10"

func body(data string) string { return `{"scriptId":"` + scriptID + `","data":` + data + `}` }

// small limits the data to 100 bytes, and so the body to 100 bytes and the envelope.
func small(c *Config) { c.Limits.InputBytes = 100 }

func TestBodiesAreRefusedBeforeTheyAreUnderstood(t *testing.T) {
	t.Parallel()
	b := setup(t, small)
	tooLong := body(`"` + strings.Repeat("x", 100+envelopeBytes) + `"`)
	for name, c := range map[string]struct {
		body    io.Reader
		headers []string
		status  int
		code    string
	}{
		"no content type":          {strings.NewReader(body("1")), []string{"Content-Type", ""}, 415, "unsupported-media-type"},
		"a form":                   {strings.NewReader(body("1")), []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "unsupported-media-type"},
		"another charset":          {strings.NewReader(body("1")), []string{"Content-Type", "application/json; charset=latin1"}, 415, "unsupported-media-type"},
		"a broken content type":    {strings.NewReader(body("1")), []string{"Content-Type", "application/json;;="}, 415, "unsupported-media-type"},
		"brotli":                   {strings.NewReader(body("1")), []string{"Content-Encoding", "br"}, 415, "unsupported-encoding"},
		"gzip twice":               {strings.NewReader(body("1")), []string{"Content-Encoding", "gzip, gzip"}, 415, "unsupported-encoding"},
		"not gzip":                 {strings.NewReader(body("1")), []string{"Content-Encoding", "gzip"}, 400, "malformed-gzip"},
		"gzip cut short":           {bytes.NewReader(zip(t, body("1")).Bytes()[:30]), []string{"Content-Encoding", "gzip"}, 400, "malformed-gzip"},
		"gzip with a wrong sum":    {bytes.NewReader(wrongSum(zip(t, body("1")).Bytes())), []string{"Content-Encoding", "gzip"}, 400, "malformed-gzip"},
		"gzip with more behind it": {io.MultiReader(zip(t, body("1")), strings.NewReader("more")), []string{"Content-Encoding", "gzip"}, 400, "malformed-gzip"},
		"too long":                 {strings.NewReader(tooLong), nil, 413, "body-too-large"},
		"too long, unannounced":    {io.MultiReader(strings.NewReader(tooLong)), nil, 413, "body-too-large"},
		"too long once inflated":   {zip(t, tooLong), []string{"Content-Encoding", "gzip"}, 413, "body-too-large"},
		"a bomb":                   {zip(t, strings.Repeat(" ", 50<<20)), []string{"Content-Encoding", "gzip"}, 413, "body-too-large"},
		"data too large":           {strings.NewReader(body(`"` + strings.Repeat("x", 99) + `"`)), nil, 413, "input-too-large"},
		"empty":                    {http.NoBody, nil, 400, "empty-body"},
		"empty, said to be gzip":   {http.NoBody, []string{"Content-Encoding", "gzip"}, 400, "empty-body"},
		"white space":              {strings.NewReader(" \n"), nil, 400, "malformed-json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b.send(t, http.MethodPost, "/api/executions", c.body, c.headers...).problem(t, c.status, c.code)
		})
	}
}

func wrongSum(zipped []byte) []byte {
	zipped[len(zipped)-5] ^= 1
	return zipped
}

func TestBodiesAreReadWhole(t *testing.T) {
	t.Parallel()
	for _, size := range []int{2, 3, 99, 100, 511, 512, 513, 65536, 65537, 1 << 20} {
		data := `"` + strings.Repeat("x", size-2) + `"`
		var got []byte
		b := setup(t, func(c *Config) { c.Limits.InputBytes = size })
		accept := b.fake.accepted
		b.fake.accepted = func(r execution.Request) (execution.Execution, error) {
			got = r.Input
			return accept(r)
		}
		for name, send := range map[string]func() answer{
			"announced": func() answer { return b.send(t, "POST", "/api/executions", strings.NewReader(body(data))) },
			"unannounced": func() answer {
				return b.send(t, "POST", "/api/executions", io.MultiReader(strings.NewReader(body(data))))
			},
			"gzip": func() answer {
				return b.send(t, "POST", "/api/executions", zip(t, body(data)), "Content-Encoding", "GZIP")
			},
		} {
			got = nil
			if a := send(); a.StatusCode != http.StatusAccepted || string(got) != data {
				t.Errorf("%d bytes, %s: %d, %d bytes arrived: %.200s", size, name, a.StatusCode, len(got), a.body)
			}
		}
	}
}

// A client that announces too much is answered before it sends anything.
func TestTooMuchIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, small)
	connection, err := net.Dial("tcp", strings.TrimPrefix(b.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprintf(connection, "POST /api/executions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n")
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusRequestEntityTooLarge || !response.Close {
		t.Errorf("%d, closed: %v", response.StatusCode, response.Close)
	}
}

func TestABodyThatEndsEarlyIsIncomplete(t *testing.T) {
	t.Parallel()
	b := setup(t)
	connection, err := net.Dial("tcp", strings.TrimPrefix(b.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprintf(connection, "POST /api/executions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"scriptId\":")
	_ = connection.(*net.TCPConn).CloseWrite()
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	read, _ := io.ReadAll(response.Body)
	answer{response, read}.problem(t, http.StatusBadRequest, "incomplete-body")
}
