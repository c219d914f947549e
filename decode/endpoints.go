package decode

import (
	"net"
	"net/netip"
	"strings"

	"wstap/decode/tcp"
)

const (
	// maxKnown is how many endpoints and names are remembered to speak WebSocket:
	// a data centre's services, at 50 bytes each.
	maxKnown = 1 << 16
	// maxWaiting is how many failed connects wait for their endpoint to become
	// known: a record of about a kilobyte each.
	maxWaiting = 4096
)

// endpoints knows which servers speak WebSocket, and keeps failed connects until
// their server is known to.
type endpoints struct {
	named   []string // Options.Endpoints, in lower case
	known   map[netip.AddrPort]struct{}
	hosts   map[string]struct{} // "host:port" in lower case
	said    map[string]struct{} // Host values that hosts was made of
	waiting []waiting           // oldest first
	dropped uint64              // that found no place in waiting
	missed  map[string]struct{} // their endpoints, bounded by maxKnown
}

// waiting is a failed connect, or a failed CONNECT, and what it was for.
type waiting struct {
	row    *Row           // of a CONNECT
	host   string         // of a CONNECT: its target, if that is known
	failed *tcp.Failed    // of a connect, whose row is made when it is wanted
	server netip.AddrPort // of a connect, or the proxy that was not told a target
}

// show makes a row of what waited.
func (d *Decoder) show(w *waiting) {
	if w.row == nil {
		d.emit(d.failedRow(w.failed))
		return
	}
	d.emit(w.row)
}

func (w *waiting) endpoint() string {
	if w.host != "" {
		return w.host
	}
	return w.server.String()
}

func newEndpoints(named []string) endpoints {
	e := endpoints{
		known: make(map[netip.AddrPort]struct{}), hosts: make(map[string]struct{}), said: make(map[string]struct{}),
		missed: make(map[string]struct{}),
	}
	for _, n := range named {
		e.named = append(e.named, strings.ToLower(n))
	}
	return e
}

// learn notes that a handshake was tried with server, under the name host (a Host
// field's value), and makes rows of the failed connects that waited for that.
func (d *Decoder) learn(server netip.AddrPort, host []byte) {
	e := &d.endpoints
	_, old := e.known[server]
	if _, same := e.said[string(host)]; old && same {
		return
	}
	names := withPorts(string(host))
	for _, n := range names {
		_, there := e.hosts[n]
		old = old && there
	}
	if old {
		return
	}
	if len(e.known) >= maxKnown || len(e.hosts) >= maxKnown || len(e.said) >= maxKnown {
		d.bounded.known++
		return
	}
	e.known[server] = struct{}{}
	e.said[string(host)] = struct{}{}
	for _, n := range names {
		e.hosts[n] = struct{}{}
	}
	kept := e.waiting[:0]
	for _, w := range e.waiting {
		if e.isKnown(&w) {
			d.show(&w)
		} else {
			kept = append(kept, w)
		}
	}
	clear(e.waiting[len(kept):])
	e.waiting = kept
}

// withPorts returns a Host field's value with its port, or with both default
// ports where it names none.
func withPorts(host string) []string {
	host = strings.ToLower(host)
	if host == "" {
		return nil
	}
	if _, _, err := net.SplitHostPort(host); err == nil {
		return []string{host}
	}
	return []string{host + ":80", host + ":443"}
}

func (e *endpoints) isKnown(w *waiting) bool {
	if w.host != "" {
		if _, ok := e.hosts[w.host]; ok {
			return true
		}
		if at, err := netip.ParseAddrPort(w.host); err == nil {
			if _, ok := e.known[at]; ok {
				return true
			}
		}
		return e.isNamed(w.host)
	}
	if _, ok := e.known[w.server]; ok {
		return true
	}
	return e.isNamed(w.server.String())
}

// isNamed reports whether the user named an endpoint, "host:port".
func (e *endpoints) isNamed(endpoint string) bool {
	host, _, err := net.SplitHostPort(endpoint)
	if err != nil {
		host = endpoint
	}
	for _, n := range e.named {
		if n == endpoint || strings.Trim(n, "[]") == host {
			return true
		}
	}
	return false
}

// failed makes a row of a failed connect, now, later or never, as
// Options.Connects says.
func (d *Decoder) failed(w waiting) {
	e := &d.endpoints
	switch {
	case d.options.Connects == ConnectsAll, d.options.Connects == ConnectsKnown && e.isKnown(&w):
		d.show(&w)
	case d.options.Connects == ConnectsNone:
		e.miss(&w)
	case len(e.waiting) == maxWaiting:
		d.bounded.waiting++
		e.miss(&e.waiting[0])
		e.waiting[0] = waiting{}
		e.waiting = append(e.waiting[1:], w)
	default:
		e.waiting = append(e.waiting, w)
	}
}

func (e *endpoints) miss(w *waiting) {
	e.dropped++
	if len(e.missed) < maxKnown {
		e.missed[w.endpoint()] = struct{}{}
	}
}

// unshown counts the failed connects that are not rows, and their endpoints.
func (e *endpoints) unshown() (connects, endpoints uint64) {
	all := make(map[string]struct{}, len(e.missed))
	for m := range e.missed {
		all[m] = struct{}{}
	}
	for i := range e.waiting {
		all[e.waiting[i].endpoint()] = struct{}{}
	}
	return e.dropped + uint64(len(e.waiting)), uint64(len(all))
}
