package decode

import (
	"slices"
	"strings"

	"wstap/capture/packet"
	"wstap/decode/link"
	"wstap/decode/tcp"
	"wstap/decode/tls"
	"wstap/decode/tls/keylog"
)

const (
	// maxTLS bounds TLS inside TLS: a proxy that is reached by TLS, and the server
	// behind it, are two.
	maxTLS = 3
	// maxSealed is how many connections are followed at once whose TLS cannot be read, at
	// 2.6 kilobytes each: 340 MB.
	maxSealed = 1 << 17
	// unknownLoss stands for a number of lost bytes that nobody knows: more than any
	// frame or body still lacks.
	unknownLoss = 1 << 62
)

// secured is TLS on a connection or in a tunnel, and what is inside.
type secured struct {
	conn   *tls.Conn
	outer  *session
	in     *session  // what could be read; nil before anything could
	first  packetPos // of the first record
	target string    // "host:port" that a proxy was asked for, in lower case; empty without one
	plain  []byte    // what the server sent that is no TLS, bodyKept bytes at most
	plains packetPos // its first

	whole     bool // TLS begins with the connection
	sealed    bool // one of Decoder.sealed
	late      bool // the capture began after the handshake
	requested bool // a request was read
	quiet     bool // what the server says is not decrypted
	judged    bool // whether it is worth to be followed to its end
	worthless bool // what is inside can make no row
	reported  bool // it made one
	ending    bool // the connection ends: it is dropped anyway
	waited    bool // what is handled now waited for keys, while other packets came
}

// fromStart reports whether what is read began with the connection.
func (x *secured) fromStart() bool {
	f := x.conn.Facts()
	return f.ClientHello.Ref != 0 || f.ServerHello.Ref != 0
}

// tlsBegins begins to follow TLS records. tunnel is what let the client through a proxy,
// nil without one.
func (d *Decoder) tlsBegins(s *session, e *tcp.Event, b []byte, tunnel *attempt) {
	depth := 0
	for x := s.within; x != nil; x = x.outer.within {
		depth++
	}
	if depth == maxTLS {
		d.bounded.tls++
		s.mode = [2]mode{modeOff, modeOff}
		return
	}
	sealed := !d.options.Keys.Any()
	if sealed {
		if d.sealed == maxSealed {
			d.bounded.sealed++
			d.tls.Seen++
			s.mode = [2]mode{modeOff, modeOff}
			return
		}
		d.sealed++
	}
	for len(d.trackers) <= depth {
		d.trackers = append(d.trackers, tls.NewTracker(d.options.Keys))
	}
	x := &secured{conn: d.trackers[depth].NewConn(), outer: s, first: posOf(e), whole: s.isFirst(), late: !isTLS(b), sealed: sealed}
	// With Connections the packets may be wanted, to the last one.
	x.judged = !sealed || d.options.Connections || d.options.Connects == ConnectsAll
	if tunnel != nil {
		x.target = strings.ToLower(tunnel.target())
	}
	if g, ok := d.greetings[s]; ok {
		x.plain, x.plains = g.text, g.at
		delete(d.greetings, s)
	}
	if s.oriented {
		x.conn.SetClient(uint8(s.client))
	}
	s.secured = x
	s.mode = [2]mode{modeTLS, modeTLS}
	if x.late { // within a record, perhaps
		for dir := range uint8(2) {
			d.opened(s, x.conn.Gap(dir, 0, tls.Pos{Ref: e.Ref, Time: e.Time}), e.Ref)
		}
	}
}

// records takes bytes of TLS records.
func (d *Decoder) records(s *session, e *tcp.Event, b []byte) {
	at := tls.Pos{Ref: e.Ref, Time: e.Time, Seq: e.Seq + uint32(len(e.Data)-len(b)), Ack: e.Ack}
	x := s.secured
	d.opened(s, x.conn.Data(uint8(e.Dir), b, at), e.Ref)
	if s.secured != x {
		return // it was dropped
	}
	if d.options.Connections && s.within == nil {
		if c := d.connection(s); c.ClientRandom == [keylog.RandomSize]byte{} {
			c.ClientRandom = x.conn.Facts().ClientRandom
		}
	}
	if !x.judged {
		d.passOver(s)
	}
}

// recordsLost handles n missing bytes of TLS records.
func (d *Decoder) recordsLost(s *session, e *tcp.Event, n uint64) {
	d.opened(s, s.secured.conn.Gap(uint8(e.Dir), n, tls.Pos{Ref: e.Ref, Time: e.Time}), e.Ref)
}

// recordsEnd handles the end of TLS, with that of its connection, and makes a row of it
// where what is inside makes none.
func (d *Decoder) recordsEnd(s *session, e *tcp.Event) {
	x := s.secured
	x.ending = true
	d.opened(s, x.conn.End(), 0)
	if x.in != nil && x.in.live {
		d.ends(x.in, e)
	}
	d.countTLS(x)
	client, known := x.conn.Client()
	if known && !s.oriented {
		s.orient(link.Dir(client))
	}
	switch {
	case x.reported, x.worthless, x.requested:
	case x.late && (s.oriented || d.guessServer(s)), x.fromStart():
		d.finish(s, tlsAttempt(s), e)
	}
}

// guessServer finds out which end of a connection whose beginning was not captured is the
// server: one that is known to be, or the only one whose port is none that systems take
// for clients. It reports false where nobody can tell.
func (d *Decoder) guessServer(s *session) bool {
	const ephemeral = 32768 // and up: Linux; others begin at 49,152 (RFC 6335 section 6)
	c := d.table.Conn(s.id)
	for _, server := range [...]link.Dir{link.FromA, link.FromB} {
		_, known := d.endpoints.known[c.Addr(server)]
		if known || c.Addr(server).Port() < ephemeral && c.Addr(server.Other()).Port() >= ephemeral {
			s.orient(server.Other())
			return true
		}
	}
	return false
}

// asked handles that a request was read inside TLS. The answer to one that has nothing to
// do with WebSocket, a download perhaps, is not decrypted; a request that has may follow on
// the same connection.
func (x *secured) asked(s *session, interesting bool) {
	server := s.client.Other()
	switch {
	case !interesting && !x.reported && !s.awaits() && s.current == nil:
		x.conn.Ignore(uint8(server), true)
		x.quiet = true
	case interesting && x.quiet:
		x.conn.Ignore(uint8(server), false)
		x.quiet = false
		clear(s.queue)
		s.queue = s.queue[:0]
		s.partial[server] = s.partial[server][:0]
		s.mode[server], s.gapped[server] = modeSeek, true // an answer begins where a record does
	}
	x.requested = true
}

// retry reads what waited for keys, where there are new ones.
func (d *Decoder) retry() {
	log := d.options.Keys.Log
	if log == nil || log.Generation() == d.generation {
		return
	}
	d.generation = log.Generation()
	for _, chunk := range d.sessions {
		for i := range chunk {
			if s := &chunk[i]; s.live && s.secured != nil {
				d.retrySession(s)
			}
		}
	}
}

func (d *Decoder) retrySession(s *session) {
	d.opened(s, s.secured.conn.Retry(), 0)
	if x := s.secured; x != nil && x.in != nil && x.in.live && x.in.secured != nil {
		d.retrySession(x.in)
	}
}

// opened handles what came out of TLS records. now is the packet that is read, 0 for none.
func (d *Decoder) opened(s *session, events []tls.Event, now packet.Ref) {
	x := s.secured
	for i := range events {
		ev := &events[i]
		x.waited = ev.At.Ref != now
		e := tcp.Event{Kind: tcp.Data, Dir: link.Dir(ev.Dir), Conn: s.id, Ack: ev.At.Ack, Time: ev.At.Time, Ref: ev.At.Ref}
		switch ev.Kind {
		case tls.Plain:
			// Its last byte stands where its record ends, so that what is acknowledged can be
			// compared with it.
			e.Seq, e.Data = ev.At.Seq+1-uint32(len(ev.Data)), ev.Data
			if len(e.Data) > 0 {
				d.bytes(d.inside(s), &e)
			}
		case tls.Lost:
			e.Kind = tcp.Gap
			n := uint64(unknownLoss)
			if ev.Exact {
				n = ev.Lost
			}
			d.hole(d.inside(s), &e, n)
		case tls.NotTLS:
			d.notTLS(s, ev)
		case tls.Alerted, tls.Closed: // the facts tell
		}
		if x.worthless {
			d.giveUp(s)
			return
		}
	}
}

// isLate reports whether what is handled now waited for keys: what its connection did
// since then is known already.
func (s *session) isLate() bool {
	for x := s.within; x != nil; x = x.outer.within {
		if x.waited {
			return true
		}
	}
	return false
}

// inside returns the session of what is inside TLS.
func (d *Decoder) inside(s *session) *session {
	x := s.secured
	if x.in == nil {
		x.in = &session{live: true, id: s.id, client: s.client, oriented: s.oriented, within: x, carrier: x.carrier()}
		if client, known := x.conn.Client(); known {
			x.in.orient(link.Dir(client))
		}
	}
	return x.in
}

func (x *secured) carrier() []string { return append(slices.Clip(x.outer.carrier), "tls") }

// giveUp stops reading TLS in which there is nothing to report.
func (d *Decoder) giveUp(s *session) {
	x := s.secured
	x.conn.Skip()
	if c := s.connection; x.ending || c != nil && c.rows {
		return // followed to its end
	}
	d.countTLS(x)
	d.drop(s, s.id)
}

// notTLS handles bytes that are none of TLS, where a record must begin.
func (d *Decoder) notTLS(s *session, ev *tls.Event) {
	x := s.secured
	if client, known := x.conn.Client(); !known || ev.Dir == client {
		return
	}
	if len(x.plain) == 0 {
		x.plains = packetPos{ref: ev.At.Ref, time: ev.At.Time, seq: ev.At.Seq, ack: ev.At.Ack}
	}
	x.plain = append(x.plain, ev.Data[:min(max(bodyKept-len(x.plain), 0), len(ev.Data))]...)
}
