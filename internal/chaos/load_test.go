//go:build unix

package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// load is the clients.
type load struct {
	fleet  *fleet
	script string

	enough  context.Context //nolint:containedctx // ends when no new request shall be made
	end     context.CancelFunc
	clients sync.WaitGroup

	answered chan struct{} // is written to, if somebody reads, when a client was told of an acceptance or an end

	mu       sync.Mutex
	promises []promise
	unsure   []promise // may have been accepted, without an answer
	faults   []error
	counts   map[string]int
}

const (
	clients = 16
	// pause is what each client does nothing for, on average, between two requests.
	pause = 150 * time.Millisecond
)

func startLoad(t *testing.T, f *fleet, script string) *load {
	t.Helper()
	l := &load{fleet: f, script: script, answered: make(chan struct{}), counts: map[string]int{}}
	l.enough, l.end = context.WithCancel(t.Context())
	for range clients {
		l.clients.Go(func() {
			for l.enough.Err() == nil {
				l.one(t.Context())
				select {
				case <-l.enough.Done():
				case <-time.After(rand.N(2 * pause)):
				}
			}
		})
	}
	return l
}

// stop makes no new requests, and waits until those under way are acknowledged.
func (l *load) stop(t *testing.T) {
	t.Helper()
	l.end()
	l.clients.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, err := range l.faults {
		t.Error(err)
	}
}

// one sends a request, follows what becomes of it as clients do, and sometimes cancels it.
func (l *load) one(ctx context.Context) {
	p := promise{input: anyInput()}
	a, err := l.post(ctx, p.input)
	if err != nil || a.ID == "" {
		l.unanswered(p, err)
		return
	}
	p.id = a.ID
	l.count("acknowledged")
	l.tell()
	l.look(&p, a)
	if rand.IntN(50) == 0 {
		p.mayCancel = true
		a, err := l.insist(ctx, http.MethodPost, "/api/executions/"+p.id+"/cancel", nil)
		p.cancelled = err == nil && a.status == http.StatusOK
		if p.cancelled {
			l.count("cancelled")
		}
	}
	for rand.IntN(2) == 0 {
		l.read(ctx, &p)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.promises = append(l.promises, p)
}

// post sends a request: with a key until it is acknowledged, and without one once. Then the answer has no ID unless it was.
func (l *load) post(ctx context.Context, in input) (answer, error) {
	data, err := json.Marshal(map[string]any{"scriptId": l.script, "data": in})
	if err != nil {
		return answer{}, err
	}
	var headers []string
	if rand.IntN(2) == 0 {
		headers = append(headers, "Prefer", "wait=10")
	}
	const path = "/api/executions"
	if rand.IntN(2) == 0 {
		return l.insist(ctx, http.MethodPost, path, data, append(headers, "Idempotency-Key", in.Nonce)...)
	}
	return l.ask(ctx, http.MethodPost, path, data, headers...)
}

// unanswered notes a request of which nobody knows what became, which is right without a key alone.
func (l *load) unanswered(p promise, err error) {
	if err != nil {
		l.fault(fmt.Errorf("%s was never acknowledged: %w", p.input.Nonce, err))
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unsure = append(l.unsure, p)
}

// read reads an execution, and sometimes waits for its end.
func (l *load) read(ctx context.Context, p *promise) {
	path := "/api/executions/" + p.id
	if rand.IntN(2) == 0 {
		path += "?wait=5"
	}
	a, err := l.ask(ctx, http.MethodGet, path, nil)
	if err != nil {
		l.fault(err)
	} else if a.ID != "" {
		l.look(p, a)
	}
}

// look notes an answer, which must go with what was answered before.
func (l *load) look(p *promise, a answer) {
	if err := p.see(a); err != nil {
		l.fault(fmt.Errorf("execution %s, as a client sees it: %w", p.id, err))
	}
	if p.seen != "" {
		l.count("answers that tell an end")
		l.tell()
	}
}

// tell wakes the one who waits for an answer to a client, if somebody does.
func (l *load) tell() {
	select {
	case l.answered <- struct{}{}:
	default:
	}
}

// answerTime is how long there may be no answer to anybody.
const answerTime = 5 * time.Second

// awaitAnswer returns just when a client was told of something that must last.
func (l *load) awaitAnswer() {
	select {
	case <-l.answered:
	case <-time.After(answerTime):
	}
}

// insistence is how long a client repeats a request that is not answered.
const insistence = 3 * time.Minute

// insist sends a request to whichever process accepts, again and again, until one answers it for good.
func (l *load) insist(ctx context.Context, method, path string, body []byte, headers ...string) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, insistence)
	defer cancel()
	for {
		a, err := l.ask(ctx, method, path, body, headers...)
		if err != nil || a.ID != "" || a.status == http.StatusConflict && strings.HasSuffix(path, "/cancel") {
			return a, err
		}
		select {
		case <-ctx.Done():
			return a, ctx.Err()
		case <-time.After(50*time.Millisecond + rand.N(100*time.Millisecond)):
		}
	}
}

// ask sends a request once to whichever process accepts. The answer has no ID when there was none, or one that says to come
// again; any other is an error.
func (l *load) ask(ctx context.Context, method, path string, body []byte, headers ...string) (answer, error) {
	url := l.fleet.url()
	if url == "" {
		return answer{}, nil
	}
	a, err := send(ctx, method, url+path, body, headers...)
	switch {
	case err != nil:
		l.count("requests without an answer")
		return answer{}, nil //nolint:nilerr // that requests are lost on their way is what this is about
	case a.status < 300:
		if a.replayed {
			l.count("answers again")
		}
	case a.status == http.StatusConflict && method == http.MethodPost:
		l.count("answers 409")
	case a.status == http.StatusServiceUnavailable:
		l.count("answers 503")
	default:
		// Nothing but these is right, whatever happens.
		return a, fmt.Errorf("%s %s was answered with %d: %.300s", method, path, a.status, a.body)
	}
	return a, nil
}

func (l *load) count(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts[what]++
}

func (l *load) fault(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = append(l.faults, err)
}

func (l *load) print(w io.Writer) {
	names := make([]string, 0, len(l.counts))
	for name := range l.counts {
		names = append(names, name)
	}
	slices.Sort(names)
	fmt.Fprintf(w, "\n%-44s%8s\n", "what the clients saw", "count")
	for _, name := range names {
		fmt.Fprintf(w, "%-44s%8d\n", name, l.counts[name])
	}
}
