package decode

import (
	"hash/fnv"
	"io"
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
	maxWaiting = 2048
	// maxWaitingNames is the same for names: fewer are asked for than connected to.
	maxWaitingNames = 2048
	// maxWaitingTLS is the same for TLS that could not be read, at three kilobytes each.
	maxWaitingTLS = 1024
	// maxUnshown is how many endpoints of failed connects that are not rows are told
	// apart, to count them: a port scan has more, but nobody wants to know how many.
	maxUnshown = 1 << 13
)

// endpoints knows which servers speak WebSocket, and keeps failed connects until
// their server is known to.
type endpoints struct {
	named     []string // Options.Endpoints, in lower case
	known     map[netip.AddrPort]struct{}
	hosts     map[string]struct{} // "host:port" in lower case
	names     map[string]struct{} // the hosts of these, without their ports
	said      map[string]struct{} // Host values that hosts was made of
	waiting   []waiting           // oldest first
	dropped   uint64              // that found no place in waiting
	missed    map[uint64]struct{} // hashes of their endpoints, bounded by maxUnshown
	uncounted uint64              // connects whose endpoints found no place in missed
	lookups   []waiting           // as waiting: a flood of names pushes out no connects
	sealed    []waiting           // TLS that did not fail, nor could be read
}

// waiting is a failed connect, or a failed CONNECT, and what it was for.
type waiting struct {
	row    *Row           // of a CONNECT, or of TLS
	host   string         // of a CONNECT, and of TLS in a tunnel: its target, if that is known
	sealed bool           // of TLS that did not fail
	failed *tcp.Failed    // of a connect, whose row is made when it is wanted
	server netip.AddrPort // of a connect, or the proxy that was not told a target
	name   *foundName     // of a connect: what its address was found by, if that was seen
	named  string         // "host:port" by that name, or by the one that the client named in TLS
	lookup *lookup        // of a name that was not found
}

// show makes a row of what waited.
func (d *Decoder) show(w *waiting) {
	if w.lookup != nil {
		d.emit(d.lookupRow(w.lookup))
		return
	}
	if w.row == nil {
		row := d.failedRow(w.failed)
		row.name = w.name
		row.instead = d.races.beside(w.failed, w.named, &d.names.askers)
		d.emit(row)
		return
	}
	d.emit(w.row)
}

// hash returns a number that stands for the endpoint, to count different ones.
func (w *waiting) hash() uint64 {
	h := fnv.New64a()
	switch {
	case w.lookup != nil:
		_, _ = io.WriteString(h, w.lookup.name)
	case w.host != "":
		_, _ = io.WriteString(h, w.host)
	default:
		var room [64]byte
		h.Write(w.server.AppendTo(room[:0]))
	}
	return h.Sum64()
}

func newEndpoints(named []string) endpoints {
	e := endpoints{
		known: make(map[netip.AddrPort]struct{}), hosts: make(map[string]struct{}), said: make(map[string]struct{}),
		missed: make(map[uint64]struct{}), names: make(map[string]struct{}),
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
		e.names[strings.TrimSuffix(hostName(n), ".")] = struct{}{}
	}
	e.waiting = d.showKnown(e.waiting)
	e.lookups = d.showKnown(e.lookups)
	e.sealed = d.showKnown(e.sealed)
}

// showKnown makes rows of what waited for an endpoint that is known now, and returns
// the rest.
func (d *Decoder) showKnown(list []waiting) []waiting {
	kept := list[:0]
	for _, w := range list {
		if d.endpoints.isKnown(&w) {
			d.show(&w)
		} else {
			kept = append(kept, w)
		}
	}
	clear(list[len(kept):])
	return kept
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
	if w.lookup != nil {
		_, ok := e.names[w.lookup.name]
		return ok || e.isNamed(w.lookup.name)
	}
	if _, ok := e.hosts[w.named]; ok {
		return true
	}
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
	return e.isNamed(w.server.String()) || w.named != "" && e.isNamed(w.named)
}

// isNamed reports whether the user named an endpoint, "host:port", or a host that is
// there without a port, under any.
func (e *endpoints) isNamed(endpoint string) bool {
	host, _, err := net.SplitHostPort(endpoint)
	if err != nil {
		host = endpoint
	}
	for _, n := range e.named {
		if name, _, split := net.SplitHostPort(n); err != nil && split == nil && name == host {
			return true
		}
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
	case w.sealed:
		e.sealed = d.wait(e.sealed, w, maxWaitingTLS, &d.bounded.waitingTLS)
	case w.lookup != nil:
		w.lookup.questions = nil // decided: only what the row needs is kept
		e.lookups = d.wait(e.lookups, w, maxWaitingNames, &d.bounded.waitingNames)
	default:
		e.waiting = d.wait(e.waiting, w, maxWaiting, &d.bounded.waiting)
	}
}

// wait appends w to a list of at most so many, at the cost of the oldest where there
// is no room.
func (d *Decoder) wait(list []waiting, w waiting, most int, bit *uint64) []waiting {
	if len(list) == most {
		*bit++
		d.endpoints.miss(&list[0])
		list[0] = waiting{}
		list = list[1:]
	}
	return append(list, w)
}

// miss counts what is no row; TLS that did not fail is counted elsewhere.
func (e *endpoints) miss(w *waiting) {
	if w.sealed {
		return
	}
	e.dropped++
	h := w.hash()
	if _, there := e.missed[h]; there {
		return
	}
	if len(e.missed) >= maxUnshown {
		e.uncounted++
		return
	}
	e.missed[h] = struct{}{}
}

// unshown counts the failed connects that are not rows, and their endpoints, these at
// least.
func (e *endpoints) unshown() (connects, endpoints uint64) {
	more := make(map[uint64]struct{})
	for _, list := range [][]waiting{e.waiting, e.lookups} {
		for i := range list {
			h := list[i].hash()
			if _, there := e.missed[h]; !there {
				more[h] = struct{}{}
			}
		}
	}
	return e.dropped + uint64(len(e.waiting)+len(e.lookups)), uint64(len(e.missed) + len(more))
}
