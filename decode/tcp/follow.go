package tcp

import "wstap/decode/link"

// firstData decides from its first captured bytes whether a connection is
// followed.
func (t *Table) firstData(e *opening, s *link.Segment) {
	payload := s.Payload
	start, hole := false, false
	if e != nil {
		if first, ok := e.begins(s.Dir); ok {
			seq := s.Seq
			if s.Flags&link.SYN != 0 {
				seq++
			}
			switch ahead := int32(seq - first); {
			case ahead > 0:
				hole = !far(seq, first)
			case uint32(-ahead) >= s.Length:
				return // a keep-alive before any data, or of another connection
			default:
				start = true
				payload = payload[min(int(-ahead), len(payload)):]
			}
		}
	}
	class := Keep
	if !hole {
		class = t.sniff(payload, start)
	}
	switch {
	case class == Keep:
		t.follow(e, s)
		return
	case class == TLS:
		t.counters.TLS++
		if e == nil {
			e = t.remember(s.Hash, &s.Flow)
			t.openings.seen(e, s.Time, s.Ref)
		}
	case e == nil:
		return
	case !start && (t.openings.state(e) != openCut || e.missed > 1): // the middle of something: what comes next may tell
		t.openings.become(e, openAnswered)
		return
	}
	if t.openings.state(e) == openCut && e.missed <= 1 {
		t.report(e)
	}
	t.openings.become(e, openIgnored)
}

// follow makes a connection of s and of what its opening is remembered by.
func (t *Table) follow(e *opening, s *link.Segment) {
	c, id := t.insert(s)
	c.firstTime, c.firstRef = s.Time, s.Ref
	c.midstream = true
	h := &c.half[s.Dir]
	// If this is the first data, its SYN may still come.
	c.isn[s.Dir], c.isn[s.Dir.Other()] = s.Seq-1, s.Ack-1
	if s.Flags&link.ACK != 0 { // the other end's next byte, as far as this one knows
		c.starts(s.Dir.Other(), s.Ack)
	}
	if e != nil {
		c.resume(e)
		h.packets-- // segment counts this one
		if opens(s) && s.Flags&link.ACK == 0 && !c.copiedSYN(s) {
			c.syns-- // and its SYN
		}
		t.openings.remove(e)
	}
	t.segment(c, id, s)
}

// resume takes over what the opening showed.
func (c *Conn) resume(e *opening) {
	if e.flags&(openHasSYN|openHasSYNACK) != 0 {
		c.firstTime, c.firstRef = e.first()
		c.midstream = false
		c.carrier = e.carrier
		c.client, c.clientKnown = e.client, true
	}
	c.isn = e.isn
	c.syns = e.syns
	c.synTime, c.synRef, c.synCopy = e.synTime, e.synRef, e.synCopy
	c.synAckAt = e.ackTime
	if e.flags&openHasSYNACK != 0 {
		c.widen(e.client.Other(), e.ttl)
	}
	for d := range c.half {
		h := &c.half[d]
		h.packets = uint32(e.packets[d])
		if first, ok := e.begins(link.Dir(d)); ok {
			c.starts(link.Dir(d), first)
			h.flags |= halfBegun
		}
	}
	if e.flags&openEnded == 0 {
		return
	}
	from := e.client.Other()
	if e.flags&openByClient != 0 {
		from = e.client
	}
	c.ended, c.endTime, c.endRef, c.endDir = true, e.endTime, e.endRef, from
	if e.flags&openByRST != 0 {
		c.firstRST, c.tail = int8(from), tailRST
		c.half[from].resets(e.fin)
		return
	}
	c.half[from].fin = e.fin
	c.half[from].flags |= halfFIN
	c.firstFIN, c.tail = int8(from), tailFIN
}
