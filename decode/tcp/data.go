package tcp

import "wstap/decode/link"

// data handles the bytes of a segment.
func (t *Table) data(c *Conn, id ConnID, s *link.Segment) {
	h := &c.half[s.Dir]
	seq := s.Seq
	if s.Flags&link.SYN != 0 {
		seq++ // the SYN takes the first sequence number (RFC 7413: data may follow it)
	}
	if h.flags&halfKnown == 0 {
		c.starts(s.Dir, seq)
	}
	if h.packets == 1 && h.flags&halfBegun == 0 && c.overtaken(h, s, seq) {
		c.starts(s.Dir, seq)
	}
	next := h.next
	switch ahead := int32(seq - next); {
	case ahead < 0:
		t.repeated(c, id, h, s, uint32(-ahead))
	case ahead == 0:
		if h.held >= 0 {
			if s.Time-t.holds[h.held].since < swapped || s.Carrier != h.carrier {
				c.outOfOrder++
			} else {
				count(&h.retransmissions)
			}
		}
		h.segments++
		t.recent.note(s, copyData)
		t.deliver(c, id, s, s.Length, s.Payload)
	default:
		t.ahead(c, id, h, s, seq)
		return
	}
	if h.next != next {
		t.drain(c, id, s.Dir)
	}
}

// overtaken reports whether the first data of a direction, whose start was only
// concluded from what the other end acknowledged, was captured after the data
// that answered it.
func (c *Conn) overtaken(h *half, s *link.Segment, seq uint32) bool {
	n := h.next - seq
	keepAlive := n == 1 && s.Length == 1
	return int32(n) > 0 && n <= farAway && !keepAlive && s.Time-c.firstTime < ackedWait
}

// repeated handles a segment whose first n bytes are behind what was delivered.
func (t *Table) repeated(c *Conn, id ConnID, h *half, s *link.Segment, n uint32) {
	switch {
	case t.copied(h, s):
		c.duplicates++
	case n == 1 && s.Length == 1:
		// a keep-alive that repeats the last byte (RFC 9293 section 3.8.4)
	default:
		count(&h.retransmissions)
		h.segments++
		t.sentAgain(c, id, s)
	}
	t.recent.note(s, copyData)
	if s.Length > n { // what was delivered first stays; the rest is new
		t.deliver(c, id, s, s.Length-n, s.Payload[min(int(n), len(s.Payload)):])
	}
}

// ahead keeps a segment that has a hole in front of it.
func (t *Table) ahead(c *Conn, id ConnID, h *half, s *link.Segment, seq uint32) {
	if h.flags&halfFIN != 0 && int32(seq-h.fin) >= 0 {
		return // beyond the end of the stream: not the sender's
	}
	q := t.takeHold(id, s.Dir, s.Time)
	held := heldSegment{seq: seq, length: s.Length, ack: ackOf(s), time: s.Time, ref: s.Ref}
	cost := q.insert(held, &t.pool, s.Payload)
	if cost == 0 {
		if t.copied(h, s) {
			c.duplicates++
		} else {
			count(&h.retransmissions)
			h.segments++
		}
		return
	}
	h.segments++
	t.recent.note(s, copyData)
	h.carrier = s.Carrier
	c.goesOn(h)
	t.used += cost
	for h.held >= 0 {
		switch q := &t.holds[h.held]; {
		case q.bytes > heldPerDirection || len(q.segments) > heldSegments:
			t.counters.HeldDirection++
		case t.used > t.limits.HeldBytes:
			t.counters.HeldTotal++
		default:
			return
		}
		t.skip(c, id, s.Dir)
	}
}

// deliver hands on length bytes at next, of which b is what the capture holds.
func (t *Table) deliver(c *Conn, id ConnID, s *link.Segment, length uint32, b []byte) {
	h := &c.half[s.Dir]
	e := Event{Seq: h.next, Ack: ackOf(s), Data: b, Time: s.Time, Ref: s.Ref}
	h.advance(length)
	h.carrier = s.Carrier
	c.goesOn(h)
	t.emit(c, id, s.Dir, e, length)
}

// goesOn notes that new bytes of h were captured: a FIN or RST before them was not
// the end, unless they are out of order and go before their own FIN.
func (c *Conn) goesOn(h *half) {
	if h.flags&halfFIN == 0 {
		c.tail = tailNone
	}
}

// emit appends the events of length bytes of which e.Data was captured.
func (t *Table) emit(c *Conn, id ConnID, d link.Dir, e Event, length uint32) {
	e.Dir, e.Conn = d, id
	if len(e.Data) > 0 {
		e.Kind = Data
		t.events = append(t.events, e)
	}
	if cut := length - uint32(len(e.Data)); cut > 0 {
		c.half[d].flags |= halfCut
		t.events = append(t.events, Event{Kind: Gap, Dir: d, Conn: id, Truncated: true, Lost: cut, Time: e.Time, Ref: e.Ref})
	}
}

// ackOf returns the acknowledgment number of s, 0 when it has none.
func ackOf(s *link.Segment) uint32 {
	if s.Flags&link.ACK == 0 {
		return 0
	}
	return s.Ack
}
