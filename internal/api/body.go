package api

import (
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"peneira/internal/budget"
	"peneira/internal/failure"
)

const (
	// envelopeBytes is what a body may hold beside its data.
	envelopeBytes = 64 << 10
	// scriptBodyBytes bounds the body that carries a script: 1 MiB of source, every byte of which JSON may write as six,
	// and the other members.
	scriptBodyBytes = 8 << 20
	// firstReadBytes is what a body is given to begin with, whatever Content-Length says. It stops clients that announce
	// much and send nothing from filling memory.
	firstReadBytes = 64 << 10
)

// readBody reads a JSON body of at most limit bytes, and inflates it when it is compressed. The limit holds for what is
// sent and for what it inflates to, so that a small body cannot become a large one.
// It returns failures of kind Invalid (wrong type or encoding, broken gzip, incomplete), TooLarge, and Unavailable when the
// memory for it is not there.
func readBody(c *gin.Context, limit int) ([]byte, error) {
	if err := wantJSON(c); err != nil {
		return nil, err
	}
	inflate, err := wantGzip(c)
	if err != nil {
		return nil, err
	}
	if c.Request.ContentLength > int64(limit) {
		c.Header("Connection", "close") // the rest is not read
		return nil, bodyTooLarge(limit)
	}
	grow := budget.From(c.Request.Context()).TryGrow
	sent := http.MaxBytesReader(c.Writer, c.Request.Body, int64(limit))
	if !inflate {
		return readAll(sent, limit, int(max(c.Request.ContentLength, 0)), false, grow)
	}
	plain, err := gzip.NewReader(sent)
	if errors.Is(err, io.EOF) {
		return nil, nil // an empty body, whatever it is said to be
	}
	if err != nil {
		return nil, bodyError(err, limit, true)
	}
	return readAll(plain, limit, 0, true, grow)
}

// readAll reads at most limit bytes. expected is how many are announced, 0 when that is not known. Memory is taken with
// grow as the bytes come, and not when they are announced: who sends nothing keeps nobody else out.
func readAll(r io.Reader, limit, expected int, inflating bool, grow func(bytes int) error) ([]byte, error) {
	body := make([]byte, 0, min(expected+1, firstReadBytes)+512)
	if err := grow(cap(body)); err != nil {
		return nil, err
	}
	for {
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if len(body) > limit {
			return nil, bodyTooLarge(limit)
		}
		if errors.Is(err, io.EOF) {
			return body, nil
		}
		if err != nil {
			return nil, bodyError(err, limit, inflating)
		}
		if len(body) == cap(body) {
			// Twice as much, but no more than what is announced or allowed: one byte beyond shows the end.
			most := limit + 1
			if expected > 0 {
				most = expected + 1
			}
			size := max(min(2*cap(body), most), len(body)+1)
			if err := grow(size - cap(body)); err != nil {
				return nil, err
			}
			grown := make([]byte, len(body), size)
			copy(grown, body)
			body = grown
		}
	}
}

// bodyError says what an error of reading means.
func bodyError(err error, limit int, inflating bool) error {
	var tooLarge *http.MaxBytesError
	var corrupt flate.CorruptInputError
	switch {
	case errors.As(err, &tooLarge):
		return bodyTooLarge(limit)
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, &corrupt),
		inflating && errors.Is(err, io.ErrUnexpectedEOF):
		return failure.New(failure.Invalid, codeMalformedGzip,
			"The body does not inflate. Compress the whole body with gzip, or send it plain without Content-Encoding.").Because(err)
	default:
		return failure.New(failure.Invalid, codeIncompleteBody, "The body ended early. Send the request again.").Because(err)
	}
}

func bodyTooLarge(limit int) error {
	return failure.New(failure.TooLarge, codeBodyTooLarge, "The body may have at most %s, also once it is inflated.", sizeText(limit))
}

// sizeText writes a number of bytes for people.
func sizeText(bytes int) string {
	if bytes >= 1<<20 && bytes%(1<<20) == 0 {
		return fmt.Sprintf("%d MiB (%d bytes)", bytes>>20, bytes)
	}
	return fmt.Sprintf("%d bytes", bytes)
}

// wantJSON refuses a body that does not say that it is JSON in UTF-8.
func wantJSON(c *gin.Context) error {
	sent := c.GetHeader("Content-Type")
	mediaType, parameters, err := mime.ParseMediaType(sent)
	charset, has := parameters["charset"]
	if err == nil && mediaType == typeJSON && (!has || strings.EqualFold(charset, "utf-8")) {
		return nil
	}
	c.Header("Accept", typeJSON)
	if sent == "" {
		return failure.New(failure.Invalid, codeMediaType, "The request does not say what its body is. Send Content-Type: application/json.")
	}
	return failure.New(failure.Invalid, codeMediaType, "Bodies are JSON in UTF-8. Send them with Content-Type: application/json.")
}

// wantGzip reports whether the body is compressed with gzip, and refuses any other encoding.
func wantGzip(c *gin.Context) (bool, error) {
	switch strings.ToLower(strings.Join(c.Request.Header.Values("Content-Encoding"), ",")) {
	case "", "identity":
		return false, nil
	case "gzip", "x-gzip":
		return true, nil
	}
	c.Header("Accept-Encoding", "gzip")
	return false, failure.New(failure.Invalid, codeEncoding, "Bodies are plain or compressed with gzip, once. Send Content-Encoding: gzip, or none.")
}
