package tls

import (
	"slices"

	"wstap/decode/tls/suite"
)

// record takes the next record of a direction.
func (c *Conn) record(r *record) {
	h := &c.half[r.dir]
	t := RecordType(r.head.Type)
	protected := c.encrypted(r.dir, t)
	if !protected && t == Handshake && h.everLost && !r.broken && !c.messages(r.dir).open() && !isMessage(r.body) {
		protected, h.protected = true, true // its ChangeCipherSpec was not captured
		c.late(r.dir)
	}
	c.shape(r, protected)
	if protected {
		c.sealedSeen = true
		if t == ApplicationData && !c.awaitsHello(r.dir) {
			h.protected = true
		}
		c.protectedShape(r)
		c.sealed(r)
		return
	}
	switch t {
	case Handshake:
		if r.broken {
			c.messages(r.dir).damage(c.t)
			c.handshakeHole(r.dir)
			return
		}
		c.messages(r.dir).feed(c, r.dir, r.body, r.at)
		c.settleHandshake()
		c.drain()
	case ChangeCipherSpec:
		// In TLS 1.3 it means nothing (RFC 8446 section 5), and stands before the
		// ServerHello only there.
		if v := c.facts.Version; v != 0 && v != suite.TLS13 && !h.protected {
			h.protected = true
			c.late(r.dir)
			if p := c.params; p != nil { // what the session hash needs went before
				p.transcript, p.listens = nil, false
			}
			c.settleHandshake()
		} else if v == 0 && h.everLost {
			c.late(r.dir)
		}
	case AlertRecord:
		c.alert(r.dir, r.body, r.at)
	case ApplicationData, Heartbeat:
	}
}

// awaitsHello reports whether records of a direction are 0-RTT, which is followed by
// more of the handshake in the clear where the server asks for another ClientHello.
func (c *Conn) awaitsHello(d uint8) bool {
	return c.early && d == c.client && c.facts.ServerHello == (Pos{})
}

// shape keeps what can be seen of every record.
func (c *Conn) shape(r *record, protected bool) {
	s := Record{At: r.at, Length: r.head.Length, Type: RecordType(r.head.Type), Dir: r.dir, Protected: protected}
	if f := c.facts; len(f.Records) < MaxShape {
		f.Records = append(f.Records, s)
	}
	c.facts.Last[r.dir] = s
}

// foreign notes the first bytes of a direction that are no TLS.
func (c *Conn) foreign(d uint8, b []byte) {
	// A hello of SSL 2.0 (RFC 5246 appendix E.2): length with the top bit set, type 1.
	// Only its first byte is sure to be here.
	if !c.half[d].begun && b[0]&0xc0 == 0x80 {
		c.facts.SSL2Hello = true
	}
}

// handshakeHole notes that a part of a handshake in the clear was not captured.
func (c *Conn) handshakeHole(d uint8) {
	c.spoil()
	c.late(d)
}

// late notes that records of a direction may have gone by unseen.
func (c *Conn) late(d uint8) {
	if c.keys != nil && c.half[d].everLost {
		c.keys.dir[d].miss = max(c.keys.dir[d].miss, lateSearch)
	}
}

// missed tells of a hole behind which the place was found again.
func (c *Conn) missed(d uint8, at Pos) {
	h := &c.half[d]
	n := h.hole
	h.hole = 0
	if !h.protected {
		c.damaged(d)
	}
	if c.keys != nil && n > 0 {
		c.sealed(&record{dir: d, hole: n, at: at})
	}
}

// alert reads an alert (RFC 8446 section 6).
func (c *Conn) alert(d uint8, b []byte, at Pos) {
	if len(b) != 2 {
		c.noteAlert(Alert{At: at, Dir: d})
		return
	}
	a := Alert{At: at, Dir: d, Readable: true, Level: b[0], Code: b[1], Name: AlertName(b[1])}
	c.noteAlert(a)
	if a.Code == CloseNotify {
		c.facts.Closed[d] = true
		c.emit(Event{Kind: Closed, Dir: d, At: at})
		return
	}
	c.emit(Event{Kind: Alerted, Dir: d, Data: c.t.copied(b), At: at})
}

// noteAlert keeps an alert. One that was read takes the place of its record's shape.
func (c *Conn) noteAlert(a Alert) {
	f := c.facts
	if a.Readable {
		c.unguess(a.At)
	}
	if len(f.Alerts) < maxAlerts {
		f.Alerts = append(f.Alerts, a)
	}
}

// unguess drops what was thought of a record that could be opened.
func (c *Conn) unguess(at Pos) {
	f := c.facts
	f.Alerts = slices.DeleteFunc(f.Alerts, func(a Alert) bool { return !a.Readable && a.At == at })
}
