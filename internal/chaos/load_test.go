//go:build unix

package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
)

// source is the script. What comes out depends on nothing but what goes in.
const source = `
function process(data) {
	const end = Date.now() + data.busy;
	while (Date.now() < end) {}
	if (data.fail) throw new Error("refused " + data.nonce);
	return {nonce: data.nonce, twice: 2 * data.number, pad: "x".repeat(data.pad)};
}`

// input is the data of an execution.
type input struct {
	Nonce  string `json:"nonce"` // no two have the same
	Number int    `json:"number"`
	Busy   int    `json:"busy"` // milliseconds
	Pad    int    `json:"pad"`  // bytes
	Fail   bool   `json:"fail"`
}

func anyInput() input {
	in := input{Nonce: uuid.NewString(), Number: rand.IntN(1e6), Pad: rand.IntN(1000)}
	switch chance := rand.IntN(100); {
	case chance < 2:
		in.Busy = 500
	case chance < 12:
		in.Busy = 40
	case chance < 15:
		in.Fail = true
	case chance < 17:
		in.Pad = 200_000
	}
	return in
}

// promise is what was acknowledged, and so must be kept.
type promise struct {
	input     input
	id        string
	cancelled bool // the cancellation was acknowledged
	mayCancel bool // a cancellation was asked for
}

// wrong returns what is wrong with a final execution, if anything is.
func (p promise) wrong(a answer) error {
	output := fmt.Sprintf(`{"nonce":%q,"twice":%d,"pad":%q}`, p.input.Nonce, 2*p.input.Number, strings.Repeat("x", p.input.Pad))
	switch {
	case a.ID != p.id:
		return fmt.Errorf("it has the id %s", a.ID)
	case p.cancelled && a.Status != "cancelled":
		return fmt.Errorf("its cancellation was acknowledged, and it is %s", a.Status)
	case a.Status == "cancelled" && p.mayCancel:
		return nil
	case p.input.Fail && a.Status == "failed" && a.ErrorMessage == "Error: refused "+p.input.Nonce+" (line 5, column 23)":
		return nil
	case p.input.Fail:
		return fmt.Errorf("it is %s with the error %q", a.Status, a.ErrorMessage)
	case a.Status != "completed":
		return fmt.Errorf("it is %s: %s", a.Status, a.ErrorMessage)
	case string(a.OutputData) != output:
		return fmt.Errorf("it gave %.200s, want %.200s", a.OutputData, output)
	}
	return nil
}

// load is the clients.
type load struct {
	fleet  *fleet
	script string

	enough  context.Context //nolint:containedctx // ends when no new request shall be made
	end     context.CancelFunc
	clients sync.WaitGroup

	mu       sync.Mutex
	promises []promise
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
	l := &load{fleet: f, script: script, counts: map[string]int{}}
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

// one sends a request until it is acknowledged, and sometimes waits for its end, or cancels it.
func (l *load) one(ctx context.Context) {
	p := promise{input: anyInput()}
	data, err := json.Marshal(map[string]any{"scriptId": l.script, "data": p.input})
	if err != nil {
		l.fault(err)
		return
	}
	headers := []string{"Idempotency-Key", p.input.Nonce}
	if rand.IntN(4) == 0 {
		headers = append(headers, "Prefer", "wait=10")
	}
	a, err := l.insist(ctx, http.MethodPost, "/api/executions", data, headers...)
	if err != nil {
		l.fault(fmt.Errorf("%s was never acknowledged: %w", p.input.Nonce, err))
		return
	}
	p.id = a.ID
	l.count("acknowledged")
	if a.status == http.StatusOK && final(a.Status) {
		l.count("waited for to the end")
		if err := p.wrong(a); err != nil {
			l.fault(fmt.Errorf("execution %s, when waited for: %w", p.id, err))
		}
	}
	if rand.IntN(50) == 0 {
		p.mayCancel = true
		a, err := l.insist(ctx, http.MethodPost, "/api/executions/"+p.id+"/cancel", nil)
		p.cancelled = err == nil && a.status == http.StatusOK
		if p.cancelled {
			l.count("cancelled")
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.promises = append(l.promises, p)
}

// insistence is how long a client repeats a request that is not answered.
const insistence = 3 * time.Minute

// insist sends a request to whichever process accepts, again and again, until one answers it for good.
func (l *load) insist(ctx context.Context, method, path string, body []byte, headers ...string) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, insistence)
	defer cancel()
	for {
		var a answer
		err := errors.New("no process is ready")
		if url := l.fleet.url(); url != "" {
			a, err = send(ctx, method, url+path, body, headers...)
		}
		switch {
		case err != nil:
			l.count("requests without an answer")
		case a.status < 300, a.status == http.StatusConflict && strings.HasSuffix(path, "/cancel"):
			if a.replayed {
				l.count("answers again")
			}
			return a, nil
		case a.status == http.StatusConflict:
			l.count("answers 409: in progress")
		case a.status == http.StatusServiceUnavailable:
			l.count("answers 503")
		default:
			// Nothing but these is right, whatever happens. The client goes on, so that its request can be accounted for.
			l.fault(fmt.Errorf("%s was answered with %d: %.300s", path, a.status, a.body))
		}
		select {
		case <-ctx.Done():
			return a, errors.Join(err, ctx.Err())
		case <-time.After(50*time.Millisecond + rand.N(100*time.Millisecond)):
		}
	}
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

// answer is what came back: an execution, or a script.
type answer struct {
	ID           string          `json:"id"`
	Status       string          `json:"status"`
	ErrorMessage string          `json:"errorMessage"`
	OutputData   json.RawMessage `json:"outputData"`

	status   int
	replayed bool
	body     []byte
}

func final(status string) bool {
	return status == "completed" || status == "failed" || status == "cancelled"
}

// requestTime is how long a client waits for an answer before it asks again.
const requestTime = 20 * time.Second

func send(ctx context.Context, method, url string, body []byte, headers ...string) (a answer, err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return a, err
	}
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return a, err
	}
	defer func() { _ = response.Body.Close() }()
	a.status, a.replayed = response.StatusCode, response.Header.Get("Idempotency-Replayed") == "true"
	if a.body, err = io.ReadAll(response.Body); err != nil || a.status >= 300 {
		return a, err
	}
	if err := json.Unmarshal(a.body, &a); err != nil {
		return a, fmt.Errorf("answered %.200s: %w", a.body, err)
	}
	return a, nil
}
