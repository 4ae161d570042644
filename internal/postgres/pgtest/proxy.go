package pgtest

import (
	"context"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Proxy stands between a client and the server, and can fall silent without a word, as a host does that loses its power.
type Proxy struct {
	URL string // of the database, through the proxy

	mu     sync.Mutex
	frozen chan struct{} // closed when nothing may pass any more on the connections of now
	closed bool          // whether new connections are closed at once
}

// NewProxy returns a proxy of the database at address, which ends with the test.
func NewProxy(t testing.TB, address string) *Proxy {
	t.Helper()
	cfg, err := pgx.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	through := url.URL{
		Scheme: "postgres", Host: listener.Addr().String(), Path: "/" + cfg.Database,
		User: url.UserPassword(cfg.User, cfg.Password), RawQuery: "sslmode=disable",
	}
	p := &Proxy{URL: through.String(), frozen: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	var conns sync.WaitGroup
	conns.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			conns.Go(func() { p.pass(ctx, client, cfg) })
		}
	})
	t.Cleanup(func() {
		cancel()
		_ = listener.Close()
		conns.Wait()
	})
	return p
}

// Freeze lets nothing pass any more on the connections that there are, in either direction. New ones are not frozen.
func (p *Proxy) Freeze() {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.frozen)
	p.frozen = make(chan struct{})
}

// Close closes every new connection at once, until it is called with false.
func (p *Proxy) Close(closed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = closed
}

func (p *Proxy) state() (frozen <-chan struct{}, closed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.frozen, p.closed
}

// pass carries what the two ends say until one of them closes or ctx ends.
func (p *Proxy) pass(ctx context.Context, client net.Conn, cfg *pgx.ConnConfig) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	frozen, closed := p.state()
	if closed {
		_ = client.Close()
		return
	}
	network, address := pgconn.NetworkAddress(cfg.Host, cfg.Port)
	server, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		_ = client.Close()
		return
	}
	context.AfterFunc(ctx, func() {
		_ = client.Close()
		_ = server.Close()
	})
	var both sync.WaitGroup
	both.Go(func() { carry(ctx, cancel, frozen, client, server) })
	both.Go(func() { carry(ctx, cancel, frozen, server, client) })
	both.Wait()
}

func carry(ctx context.Context, cancel func(), frozen <-chan struct{}, from io.Reader, to io.Writer) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		select {
		case <-frozen:
			<-ctx.Done() // not even an end of the connection passes
			return
		default:
		}
		if err == nil {
			_, err = to.Write(buffer[:n])
		}
		if err != nil {
			cancel()
			return
		}
	}
}
