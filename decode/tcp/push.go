package tcp

import "wstap/decode/link"

// Push takes one segment and returns what it brought about, valid until the
// Table is used again. Segments come in capture order.
func (t *Table) Push(s *link.Segment) []Event {
	if s.Length > maxLength && int(s.Length) > len(s.Payload) {
		believed := *s
		believed.Length = uint32(len(s.Payload))
		s = &believed
	}
	if len(t.events) > 0 || len(t.gone) > 0 || len(t.pool.taken) > 0 {
		t.settle()
	}
	if s.Time > t.now {
		t.now = s.Time
		if t.now >= t.due {
			t.elapse()
		}
	}
	if t.pushes++; t.pushes%idleStride == 0 {
		t.idle()
	}
	c, id := t.lookup(s)
	if c == nil {
		t.unknown(s)
		return t.events
	}
	h := &c.half[s.Dir]
	o := &c.half[s.Dir.Other()]
	if c.state != connOpen || c.ended || h.held&o.held >= 0 || s.Flags&(link.SYN|link.FIN|link.RST) != 0 {
		t.rare(c, id, s)
		return t.events
	}
	// What is left of segment when nothing is out of order.
	c.lastTime, c.lastRef = s.Time, s.Ref
	h.packets++
	h.identify(s)
	if s.TTL != c.ttl[s.Dir] {
		c.hops(s)
	}
	if s.Flags&link.ACK != 0 && (int32(s.Ack-o.acked) > 0 || o.flags&halfAcked == 0) {
		t.acked(c, id, s)
	} else if s.Length == 0 && s.Ack != o.next {
		t.stands(c, s)
	}
	if s.Window == 0 {
		t.zeroWindow(c, s)
	}
	switch {
	case s.Length == 0:
		if int32(s.Seq-h.next) > 0 {
			h.shows(s.Seq)
		}
		return t.events
	// With halfSent data has more to do.
	case s.Seq == h.next && h.flags&(halfKnown|halfSent) == halfKnown && len(t.events) == 0 && int(s.Length) == len(s.Payload) && s.Flags&link.ACK != 0:
		t.recent.note(s, copyData)
		h.advance(s.Length)
		h.segments++
		h.carrier = s.Carrier
		e := &t.one[0]
		e.Dir, e.Conn, e.Seq, e.Ack, e.Data, e.Time, e.Ref = s.Dir, id, s.Seq, s.Ack, s.Payload, s.Time, s.Ref
		return t.one[:]
	}
	t.data(c, id, s)
	t.waiting(c, id, h, s.Dir)
	return t.events
}

// acked notes a new acknowledgment.
func (t *Table) acked(c *Conn, id ConnID, s *link.Segment) {
	o := &c.half[s.Dir.Other()]
	before := o.acked
	o.acked = s.Ack
	if o.flags&halfAcked == 0 {
		t.stands(c, s)
	}
	if o.flags&halfStuck != 0 && s.Ack != c.first[s.Dir.Other()] {
		t.arrived(o, id)
	}
	if s.Ack-o.next-farAck < farAck && o.flags&halfAcked != 0 {
		t.unseen(c, id, s.Dir.Other(), before)
	}
	o.flags |= halfAcked
}

// waiting looks whether the holes of direction d, if any, have waited for long
// enough, after one more packet of the connection.
func (t *Table) waiting(c *Conn, id ConnID, h *half, d link.Dir) {
	if h.held >= 0 {
		t.holds[h.held].packets++
		t.resolve(c, id, d)
	}
}

// rare handles a segment of a connection that is beginning, ending or out of
// order.
func (t *Table) rare(c *Conn, id ConnID, s *link.Segment) {
	if opens(s) && t.reused(c, s) {
		t.discard(id, EndReused)
		t.unknown(s)
		return
	}
	if c.state == connEnded || c.stray(s) {
		c.lastTime, c.lastRef = s.Time, s.Ref
		return
	}
	t.segment(c, id, s)
}

// settle makes ready for the next call: what the last one returned is no longer
// in use.
func (t *Table) settle() {
	t.events = append(t.events[:0], t.postponed...)
	t.postponed = t.postponed[:0]
	t.pool.settle()
	if len(t.errors)+len(t.stuck) > 0 {
		for _, id := range t.gone {
			delete(t.errors, id)
			delete(t.stuck, id)
		}
	}
	t.free = append(t.free, t.gone...)
	t.gone = t.gone[:0]
}

// reused reports whether a SYN opens a new connection on addresses and ports
// that c used. A SYN that repeats the one c began with does not, nor does an old
// one within what an open connection has sent: that one gets a challenge ACK (RFC
// 9293 section 3.10.7.4).
func (t *Table) reused(c *Conn, s *link.Segment) bool {
	h := &c.half[s.Dir]
	if h.flags&halfBegun != 0 && s.Seq == c.isn[s.Dir] {
		return false
	}
	if c.state != connOpen || h.flags&halfKnown == 0 {
		return c.state != connOpen
	}
	return h.next-s.Seq > farAway
}

// stray reports whether a SYN or RST is of an earlier connection on the same
// addresses and ports, so that its receiver ignores it (RFC 9293 section
// 3.10.7.4).
func (c *Conn) stray(s *link.Segment) bool {
	h := &c.half[s.Dir]
	switch {
	case opens(s):
		return h.flags&halfBegun != 0 && s.Seq != c.isn[s.Dir]
	case s.Flags&link.RST != 0:
		return h.flags&halfKnown != 0 && far(s.Seq, h.next) && (h.flags&halfAcked == 0 || far(s.Seq, h.acked))
	default:
		return false
	}
}

// far reports whether sequence numbers a and b cannot lie in the same window.
func far(a, b uint32) bool { return a-b+farAway > 2*farAway }

// segment handles a segment of a followed connection.
func (t *Table) segment(c *Conn, id ConnID, s *link.Segment) {
	h, o := &c.half[s.Dir], &c.half[s.Dir.Other()]
	c.lastTime, c.lastRef = s.Time, s.Ref
	h.packets++
	if s.Flags&link.RST == 0 {
		h.identify(s)
	}
	c.hops(s)
	if s.Flags&link.ACK != 0 && (o.flags&halfAcked == 0 || int32(s.Ack-o.acked) > 0) {
		t.acked(c, id, s)
	} else if s.Length == 0 && s.Ack != o.next {
		t.stands(c, s)
	}
	if s.Window == 0 && s.Flags&(link.SYN|link.FIN|link.RST) == 0 {
		t.zeroWindow(c, s)
	}
	if opens(s) {
		c.lateSYN(s)
	}
	if s.Length > 0 && c.firstRST == int8(s.Dir) && h.beyond(s.Seq) {
		count8(&c.afterRST)
	}
	switch {
	case s.Length > 0:
		t.data(c, id, s)
	case s.Flags&(link.SYN|link.FIN|link.RST) == 0 && int32(s.Seq-h.next) > 0:
		h.shows(s.Seq)
	}
	if s.Flags&(link.FIN|link.RST) != 0 {
		t.finish(c, s)
	}
	t.waiting(c, id, h, s.Dir)
	t.waiting(c, id, o, s.Dir.Other())
	if c.ended && c.state == connOpen {
		t.closing(c, id)
	}
}

// lateSYN notes a SYN of a connection that is followed already: a repeated one,
// or one that was captured after the first data.
func (c *Conn) lateSYN(s *link.Segment) {
	h := &c.half[s.Dir]
	if h.flags&halfBegun == 0 {
		if s.Seq == c.isn[s.Dir] {
			c.midstream = false
		}
		h.flags |= halfBegun
		c.isn[s.Dir] = s.Seq
	}
	if h.flags&halfKnown == 0 {
		c.starts(s.Dir, s.Seq+1)
	}
	if s.Flags&link.ACK == 0 {
		if !c.copiedSYN(s) {
			count8(&c.syns)
			c.synCopy = s.Copy
		}
		if !c.clientKnown {
			c.clientKnown, c.client = true, s.Dir
		}
		if c.synRef == 0 {
			c.synTime, c.synRef = s.Time, s.Ref
		}
	} else if c.synAckAt == 0 {
		c.synAckAt = s.Time
	}
}
