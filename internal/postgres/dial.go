package postgres

import (
	"net"
	"time"

	"github.com/jackc/pgx/v5"
)

// When the host at the other end is gone without a word (no power, no route), TCP alone takes between minutes and hours
// to notice. Then a request hangs, nobody is told of ended executions, and PostgreSQL keeps the locks of a client that is
// no more. These times make both ends notice within about fifteen seconds.
const (
	probeAfter = 6 * time.Second // of silence
	probeEvery = 3 * time.Second
	probes     = 3
	// unanswered is how long something that was sent may go without an acknowledgement of the other host's kernel: probes
	// are sent on idle connections only.
	unanswered = 15 * time.Second
)

// noticeLostHosts has connections ended, at both ends, when the other host is gone.
func noticeLostHosts(cfg *pgx.ConnConfig) {
	dialer := &net.Dialer{
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: probeAfter, Interval: probeEvery, Count: probes},
		Control:         boundUnanswered,
	}
	cfg.DialFunc = dialer.DialContext
	// PostgreSQL ignores these on Unix sockets.
	setDefault(cfg.RuntimeParams, "tcp_keepalives_idle", "6")
	setDefault(cfg.RuntimeParams, "tcp_keepalives_interval", "3")
	setDefault(cfg.RuntimeParams, "tcp_keepalives_count", "3")
	setDefault(cfg.RuntimeParams, "tcp_user_timeout", "15000")
}
