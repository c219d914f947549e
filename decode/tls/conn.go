package tls

import "wstap/decode/tls/suite"

// Conn is one TLS connection. Without keys it takes 1.4 KiB when its handshake is over,
// Facts included (TestMemory); what connections have in common is kept once. A million
// of them take 1.4 GB.
type Conn struct {
	t      *Tracker
	facts  *Facts
	half   [2]half
	hs     *handshake // of messages that are read; nil between handshakes
	keys   *keying    // nil where nothing is to be decrypted
	params *params    // of the newest handshake; nil where nobody needs them any more

	client      uint8
	clientKnown bool
	early       bool // the client's first encrypted records may be 0-RTT
	sealedSeen  bool // there was an encrypted record
	over        bool // End was called
}

// record is one record, or a hole of so many bytes in which records may have been.
type record struct {
	body   []byte // for a broken one the end of it, where it was wanted
	at     Pos
	hole   uint64
	head   suite.Header
	dir    uint8
	broken bool // not all of body was captured, or kept
}

// SetClient says that the client sends in direction dir.
func (c *Conn) SetClient(dir uint8) { c.client, c.clientKnown = dir&1, true }

// Client returns the direction of the client. known is false as long as no hello and no
// SetClient told.
func (c *Conn) Client() (dir uint8, known bool) { return c.client, c.clientKnown }

// Facts returns what is known by now. It belongs to the connection and is renewed by
// every call.
func (c *Conn) Facts() *Facts {
	f := c.facts
	f.Problem = c.problem()
	if !f.Decrypted {
		f.Sent[0].Data, f.Sent[1].Data = c.half[0].data, c.half[1].data
	}
	return f
}

// begin starts a call: what the last one returned is void.
func (c *Conn) begin() {
	t := c.t
	clear(t.events)
	t.events = t.events[:0]
	if cap(t.scratch) > maxScratch {
		t.scratch = nil
	}
	t.scratch = t.scratch[:0]
}

// emit adds an event, and what is lost before it.
func (c *Conn) emit(e Event) {
	c.tellLost(e.Dir)
	c.t.events = append(c.t.events, e)
}

// tellLost tells what was lost of a direction.
func (c *Conn) tellLost(d uint8) {
	h := &c.half[d]
	if !h.anyLost {
		return
	}
	e := Event{Kind: Lost, Dir: d, Lost: h.lost, Exact: h.exact, At: h.lostAt}
	h.lost, h.anyLost = 0, false
	c.t.events = append(c.t.events, e)
}

// lose notes that plaintext is missing: n bytes at most, or 0 for any number.
func (c *Conn) lose(d uint8, n uint64, exact bool, at Pos) {
	h := &c.half[d]
	if !h.anyLost {
		h.anyLost, h.exact, h.lost = true, true, 0
	} else if h.lost == 0 {
		n = 0
	}
	if h.lost += n; n == 0 {
		h.lost = 0
	}
	h.exact = h.exact && exact && n > 0
	h.lostAt = at
}

// Skip makes the connection count records only: it decrypts and keeps nothing any more.
func (c *Conn) Skip() {
	c.facts.Problem = c.problem()
	c.drop()
	c.endMessages()
	c.keys = nil
	for d := range c.half {
		h := &c.half[d]
		if h.nhdr == headerSize {
			h.keep = false
			c.t.give(h.body)
			h.body = nil
		}
		h.anyLost = false
	}
}

// End tells what can be told of what waited, and what was lost last. No more may come.
func (c *Conn) End() []Event {
	c.begin()
	c.look()
	c.over = true
	for d := range uint8(2) {
		h := &c.half[d]
		if h.state == astray && h.hole > 0 {
			c.missed(d, Pos{})
		}
		if h.nhdr == headerSize { // its end was not captured
			c.t.give(h.body)
			h.body, h.nhdr = nil, 0
			if c.keys != nil && h.protected {
				c.record(&record{dir: d, head: h.header(), broken: true})
			}
		}
	}
	c.drain()
	c.drop()
	c.lastAlerts()
	if c.facts.Decrypted && c.keys != nil {
		for d := range uint8(2) {
			if e := &c.keys.dir[d]; e.hole > 0 {
				e.hole = unknown
				c.loseHole(d, 0, Pos{})
			}
		}
		c.tellLost(0)
		c.tellLost(1)
	}
	if c.keys != nil {
		c.keys.release()
	}
	c.endMessages()
	return c.t.events
}

// wanted reports whether the body of a record of type t is needed, which begins now.
func (c *Conn) wanted(d uint8, t RecordType) bool {
	if c.encrypted(d, t) {
		k := c.keys
		return k != nil && !k.dir[d].dead && !k.dir[d].ignored && !k.wait.full()
	}
	return t != Heartbeat
}

// encrypted reports whether a record of type t is.
func (c *Conn) encrypted(d uint8, t RecordType) bool {
	if c.half[d].protected {
		return c.facts.Version != suite.TLS13 || t == ApplicationData
	}
	return t == ApplicationData
}
