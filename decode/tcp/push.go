package tcp

import "wstap/decode/link"

// Push takes one segment and returns what it brought about, valid until the
// Table is used again. Segments come in capture order.
func (t *Table) Push(s *link.Segment) []Event {
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
	if s.Flags&link.ACK != 0 && (int32(s.Ack-o.acked) > 0 || o.flags&halfAcked == 0) {
		o.acked = s.Ack
		o.flags |= halfAcked
	}
	if s.Window == 0 {
		c.zeroWindows++
	}
	switch {
	case s.Length == 0:
		return t.events
	case s.Seq == h.next && h.flags&halfKnown != 0 && len(t.events) == 0 && int(s.Length) == len(s.Payload):
		h.prevID, h.lastID = h.lastID, s.IPID
		h.next = s.Seq + s.Length
		e := &t.one[0]
		e.Dir, e.Conn, e.Seq, e.Ack, e.Data, e.Time, e.Ref = s.Dir, id, s.Seq, s.Ack, s.Payload, s.Time, s.Ref
		return t.one[:]
	}
	t.data(c, id, s)
	if h.held >= 0 {
		t.resolve(c, id, s.Dir)
	}
	return t.events
}

// rare handles a segment of a connection that is beginning, ending or out of
// order.
func (t *Table) rare(c *Conn, id ConnID, s *link.Segment) {
	if s.Flags&link.SYN != 0 && t.reused(c, s) {
		t.discard(id, EndReused)
		t.unknown(s)
		return
	}
	if c.state == connEnded {
		c.lastTime, c.lastRef = s.Time, s.Ref
		return
	}
	t.segment(c, id, s)
}

// settle makes ready for the next call: what the last one returned is no longer
// in use.
func (t *Table) settle() {
	t.events = t.events[:0]
	t.pool.settle()
	t.free = append(t.free, t.gone...)
	t.gone = t.gone[:0]
}

// reused reports whether a SYN opens a new connection on addresses and ports
// that c used. A SYN that repeats the one c began with does not, nor does an old
// one within what an open connection has sent: that one gets a challenge ACK (RFC
// 9293 section 3.10.7.4).
func (t *Table) reused(c *Conn, s *link.Segment) bool {
	h := &c.half[s.Dir]
	fromClient := s.Flags&link.ACK == 0
	begun := fromClient && c.synRef != 0 || !fromClient && c.synAckAt != 0
	if begun && s.Seq == c.isn[s.Dir] {
		return false
	}
	if c.state != connOpen || h.flags&halfKnown == 0 {
		return c.state != connOpen
	}
	return h.next-s.Seq > oldSYN
}

// segment handles a segment of a followed connection.
func (t *Table) segment(c *Conn, id ConnID, s *link.Segment) {
	h, o := &c.half[s.Dir], &c.half[s.Dir.Other()]
	c.lastTime, c.lastRef = s.Time, s.Ref
	h.packets++
	if s.Flags&link.ACK != 0 && (o.flags&halfAcked == 0 || int32(s.Ack-o.acked) > 0) {
		o.acked = s.Ack
		o.flags |= halfAcked
	}
	if s.Window == 0 && s.Flags&(link.SYN|link.FIN|link.RST) == 0 {
		c.zeroWindows++
	}
	if s.Flags&link.SYN != 0 {
		t.lateSYN(c, s)
	}
	if s.Length > 0 {
		t.data(c, id, s)
	}
	if s.Flags&(link.FIN|link.RST) != 0 {
		t.finish(c, s)
	}
	if h.held >= 0 {
		t.resolve(c, id, s.Dir)
	}
	if o.held >= 0 {
		t.resolve(c, id, s.Dir.Other())
	}
	if c.ended && c.state == connOpen {
		t.closing(c, id)
	}
}

// lateSYN notes a SYN of a connection that is followed already: a repeated one,
// or one that was captured after the first data.
func (t *Table) lateSYN(c *Conn, s *link.Segment) {
	if s.Flags&link.ACK == 0 {
		c.syns++
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

// data handles the bytes of a segment.
func (t *Table) data(c *Conn, id ConnID, s *link.Segment) {
	h := &c.half[s.Dir]
	seq := s.Seq
	if s.Flags&link.SYN != 0 {
		seq++ // the SYN takes the first sequence number (RFC 7413: data may follow it)
	}
	if h.flags&halfKnown == 0 {
		h.next = seq
		h.flags |= halfKnown
	}
	if seq == h.next && h.held < 0 {
		h.prevID, h.lastID = h.lastID, s.IPID
		t.deliver(c, id, s.Dir, seq, s.Ack, s.Length, s.Payload, s)
		return
	}
	switch ahead := int32(seq - h.next); {
	case ahead < 0:
		t.repeated(c, id, h, s, uint32(-ahead))
	case ahead == 0:
		if q := &t.holds[h.held]; s.Time-q.since < swapped {
			c.outOfOrder++
		} else {
			h.retransmissions++
		}
		t.deliver(c, id, s.Dir, seq, s.Ack, s.Length, s.Payload, s)
	default:
		t.ahead(c, id, h, s, seq)
		return
	}
	t.drain(c, id, s.Dir)
}

// repeated handles a segment whose first n bytes are behind what was delivered.
func (t *Table) repeated(c *Conn, id ConnID, h *half, s *link.Segment, n uint32) {
	switch {
	case s.IPID != 0 && (s.IPID == h.lastID || s.IPID == h.prevID):
		c.duplicates++
	case n == 1 && s.Length == 1:
		// a keep-alive that repeats the last byte (RFC 9293 section 3.8.4)
	default:
		h.retransmissions++
	}
	h.prevID, h.lastID = h.lastID, s.IPID
	if s.Length > n { // what was delivered first stays; the rest is new
		b := s.Payload[min(int(n), len(s.Payload)):]
		t.deliver(c, id, s.Dir, h.next, s.Ack, s.Length-n, b, s)
	}
}

// ahead keeps a segment that has a hole in front of it.
func (t *Table) ahead(c *Conn, id ConnID, h *half, s *link.Segment, seq uint32) {
	if h.flags&halfFIN != 0 && int32(seq-h.fin) >= 0 {
		return // beyond the end of the stream: not the sender's
	}
	q := t.takeHold(h, s.Time)
	held := heldSegment{seq: seq, length: s.Length, ack: s.Ack, time: s.Time, ref: s.Ref}
	if !q.insert(held, &t.pool, s.Payload) {
		if s.IPID != 0 && (s.IPID == h.lastID || s.IPID == h.prevID) {
			c.duplicates++
		} else {
			h.retransmissions++
		}
		return
	}
	h.prevID, h.lastID = h.lastID, s.IPID
	t.used += len(s.Payload)
	switch {
	case q.bytes > heldPerDirection || len(q.segments) > heldSegments:
		t.counters.HeldDirection++
		t.skip(c, id, s.Dir)
	case t.used > t.limits.HeldBytes:
		t.counters.HeldTotal++
		t.skip(c, id, s.Dir)
	}
}

// deliver hands on length bytes at next, of which b is what the capture holds.
func (t *Table) deliver(c *Conn, id ConnID, d link.Dir, seq, ack, length uint32, b []byte, s *link.Segment) {
	c.half[d].next = seq + length
	t.emit(c, id, d, Event{Seq: seq, Ack: ack, Data: b, Time: s.Time, Ref: s.Ref}, length)
}

// emit appends the events of length bytes of which e.Data was captured.
func (t *Table) emit(c *Conn, id ConnID, d link.Dir, e Event, length uint32) {
	e.Dir, e.Conn = d, id
	if c.ended {
		c.tail = tailNone
	}
	if len(e.Data) > 0 {
		e.Kind = Data
		t.events = append(t.events, e)
	}
	if cut := length - uint32(len(e.Data)); cut > 0 {
		c.truncated = true
		t.events = append(t.events, Event{Kind: Gap, Dir: d, Conn: id, Truncated: true, Lost: cut, Time: e.Time, Ref: e.Ref})
	}
}
