package sandbox

import "sync"

// tailBytes is how much of a child's stderr is kept: enough for the first lines of what a dying runtime says.
const tailBytes = 4 << 10

// tail keeps the first bytes of what is written to it: a dying Go runtime says why in its first lines, and then prints
// every stack. It never refuses to read on, so that the child is never held up.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

// Write implements io.Writer.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, b[:min(len(b), tailBytes-len(t.buf))]...)
	return len(b), nil
}

func (t *tail) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.buf)
}
