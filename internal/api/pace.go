package api

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// slowestPace is how many bytes a second a client must manage, once its patience is used up.
const slowestPace = 16 << 10

// paced cuts off clients that send a body, or read an answer, more slowly than anybody's line is: each such client would
// hold a connection, and what is behind it, for as long as it likes (slowloris). Headers are bounded by http.Server.
func paced(next http.Handler, patience time.Duration) http.Handler {
	if patience <= 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		paced := &pacedWriter{ResponseWriter: w, control: control, patience: patience}
		if r.Body == nil || r.Body == http.NoBody {
			_ = control.SetReadDeadline(time.Time{}) // as pacedBody does at its end
			next.ServeHTTP(paced, r)
			paced.hurry(0) // with the end of the answer
			return
		}
		body := &pacedBody{ReadCloser: r.Body, control: control, until: time.Now().Add(patience)}
		r = r.WithContext(r.Context()) // a copy: net/http looks at the body of its own when it decides on the connection
		r.Body = body
		if r.ProtoMajor == 1 {
			paced.unread = body
		}
		defer body.leave(patience)
		_ = control.EnableFullDuplex() // for linger; HTTP/2 needs no leave for it
		next.ServeHTTP(paced, r)
		if !body.over && (body.begun || r.Header.Get("Expect") == "") { // who expects to be told to go on, and was not, sends nothing
			paced.Flush()
			body.linger()
		}
		paced.hurry(0)
	})
}

// pacedBody gives the client some time to begin with, and more for each byte that comes.
type pacedBody struct {
	io.ReadCloser

	control *http.ResponseController
	until   time.Time
	begun   bool // somebody has read from it, which tells a client that expects to be told to go on
	over    bool // there is no more to read, or no more time
}

// Read implements io.Reader. Where a connection has no deadlines, as in some tests, nothing is cut off.
func (b *pacedBody) Read(p []byte) (int, error) {
	b.begun = true
	_ = b.control.SetReadDeadline(b.until)
	n, err := b.ReadCloser.Read(p)
	b.until = later(b.until, n)
	b.over = b.over || err != nil
	if errors.Is(err, io.EOF) {
		// The server goes on reading, to learn that the client has gone. That must not end while an answer is waited for.
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// lingerBytes is the most that is read of a body that was refused: what the largest input may have.
const lingerBytes = 128 << 20

// linger reads what is left of a body after the answer: most clients send all of theirs before they read, and a connection that
// is closed meanwhile tells them nothing of why they were refused.
func (b *pacedBody) linger() { _, _ = io.CopyN(io.Discard, b, lingerBytes) }

// leave bounds how long the server reads what is left of a body that nobody wanted.
func (b *pacedBody) leave(patience time.Duration) {
	if !b.over {
		_ = b.control.SetReadDeadline(time.Now().Add(patience))
	}
}

// later gives more time for bytes that have come.
func later(until time.Time, bytes int) time.Time {
	return until.Add(time.Duration(bytes) * time.Second / slowestPace)
}

// pacedWriter gives the client time to take each part of an answer, but none to the server between two parts: an answer
// may be long in coming.
type pacedWriter struct {
	http.ResponseWriter

	control  *http.ResponseController
	patience time.Duration
	buffered int
	unread   *pacedBody // what must not be taken for the next request of its connection; nil: nothing, or that is seen to
}

// WriteHeader implements http.ResponseWriter. An answer that comes before the end of the body is the last of its connection:
// net/http does not look after the rest where a handler may read and write at the same time.
func (w *pacedWriter) WriteHeader(status int) {
	if w.unread != nil && status >= http.StatusOK {
		if !w.unread.over {
			w.Header().Set("Connection", "close")
		}
		w.unread = nil
	}
	w.ResponseWriter.WriteHeader(status)
}

// begin writes the header if nobody has, as an http.ResponseWriter does by itself.
func (w *pacedWriter) begin() {
	if w.unread != nil {
		w.WriteHeader(http.StatusOK)
	}
}

// writeBuffer is less than what net/http collects before it writes to the connection, which alone can take time.
const writeBuffer = 2 << 10

// Write implements io.Writer.
func (w *pacedWriter) Write(p []byte) (int, error) {
	w.begin()
	if w.buffered += len(p); w.buffered < writeBuffer {
		return w.ResponseWriter.Write(p)
	}
	w.hurry(len(p))
	n, err := w.ResponseWriter.Write(p)
	w.rest()
	return n, err
}

// Flush implements http.Flusher, which Gin asks for.
func (w *pacedWriter) Flush() {
	w.begin()
	w.hurry(0)
	_ = w.control.Flush()
	w.rest()
}

// hurry bounds the time in which some bytes, and what is buffered, must be taken.
func (w *pacedWriter) hurry(bytes int) {
	w.buffered = 0
	_ = w.control.SetWriteDeadline(later(time.Now().Add(w.patience), bytes))
}

// rest takes the bound away.
func (w *pacedWriter) rest() { _ = w.control.SetWriteDeadline(time.Time{}) }

// Unwrap is for http.ResponseController.
func (w *pacedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
