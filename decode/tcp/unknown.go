package tcp

import (
	"cmp"
	"slices"

	"wstap/decode/link"
)

// unknown handles a segment of a connection that is not followed.
func (t *Table) unknown(s *link.Segment) {
	e := t.openings.find(s.Hash, &s.Flow)
	if s.Flags&link.SYN != 0 {
		e = t.opened(e, s)
		if s.Length == 0 || s.Flags&link.RST != 0 {
			return
		}
	}
	if e != nil {
		e.lastTime, e.lastRef = s.Time, s.Ref
		if e.state == openIgnored {
			if s.Flags&link.RST != 0 {
				t.openings.remove(e)
			}
			return
		}
		if s.Flags&link.SYN == 0 {
			e.packets[s.Dir]++
		}
	}
	if s.Length > 0 {
		t.firstData(e, s)
		return
	}
	if e == nil {
		return
	}
	switch {
	case s.Flags&(link.RST|link.FIN) != 0:
		t.openingEnds(e, s)
	case s.Dir == e.client && s.Flags&link.ACK != 0:
		e.clientACK = true
	}
}

// opened notes a SYN or SYN-ACK and returns its entry.
func (t *Table) opened(e *opening, s *link.Segment) *opening {
	answer := s.Flags&link.ACK != 0
	client := s.Dir
	if answer {
		client = s.Dir.Other()
	}
	again := e != nil && e.state != openIgnored && e.client == client &&
		(answer && (!e.ackSeen || e.isn[s.Dir] == s.Seq) || !answer && (!e.synSeen || e.isn[s.Dir] == s.Seq))
	if !again {
		if e != nil {
			t.report(e)
		} else {
			var lost opening
			e, lost = t.openings.add(s.Hash, &s.Flow)
			t.forgotten(&lost)
		}
		*e = opening{flow: s.Flow, hash: s.Hash, client: client, carrier: s.Carrier, time: s.Time, ref: s.Ref, state: openSYN}
	}
	twice := again && s.Time-e.lastTime < swapped // captured twice: nobody retries so soon
	e.lastTime, e.lastRef = s.Time, s.Ref
	e.isn[s.Dir] = s.Seq
	e.packets[s.Dir]++
	if !answer {
		e.synSeen = true
		if !twice {
			e.syns++
		}
		return e
	}
	e.ackSeen = true
	e.state = openSYNACK
	if e.answerTime == 0 {
		e.answerTime = s.Time
	}
	return e
}

// openingEnds handles RST or FIN before any data.
func (t *Table) openingEnds(e *opening, s *link.Segment) {
	fromServer := s.Dir != e.client
	switch {
	case e.state == openSYN && fromServer && s.Flags&link.RST != 0:
		e.state = openRefused
		e.endRef = s.Ref
		if e.answerTime == 0 {
			e.answerTime = s.Time
		}
	case e.state == openSYNACK && fromServer && e.synSeen:
		f := e.failed(Cut)
		f.End = s.Ref
		f.ServerRST = s.Flags&link.RST != 0
		t.events = append(t.events, Event{Kind: Unreached, Failed: f})
		e.state = openIgnored
	case e.state != openRefused:
		e.state = openIgnored // the client thought better of it
	}
}

// firstData decides from its first captured bytes whether a connection is
// followed.
func (t *Table) firstData(e *opening, s *link.Segment) {
	start, hole := false, false
	if e != nil {
		known := s.Dir == e.client && e.synSeen || s.Dir != e.client && e.ackSeen
		first := e.isn[s.Dir] + 1
		seq := s.Seq
		if s.Flags&link.SYN != 0 {
			seq++
		}
		start = known && seq == first
		hole = known && int32(seq-first) > 0
	}
	class := Keep
	if !hole {
		class = t.sniff(s.Payload, start)
	}
	if class != Keep {
		if class == TLS {
			t.counters.TLS++
		}
		if e != nil {
			e.state = openIgnored
		} else if class == TLS {
			e, lost := t.openings.add(s.Hash, &s.Flow)
			t.forgotten(&lost)
			e.state, e.lastTime = openIgnored, s.Time
		}
		return
	}
	t.follow(e, s)
}

// follow makes a connection of s and of what its opening is remembered by.
func (t *Table) follow(e *opening, s *link.Segment) {
	c, id := t.insert(s)
	c.firstTime, c.firstRef = s.Time, s.Ref
	c.midstream = true
	h, o := &c.half[s.Dir], &c.half[s.Dir.Other()]
	if s.Flags&link.ACK != 0 { // the other end's next byte, as far as this one knows
		o.next = s.Ack
		o.flags |= halfKnown
	}
	if e != nil {
		c.firstTime, c.firstRef = e.time, e.ref
		c.midstream = !e.synSeen && !e.ackSeen
		c.carrier = e.carrier
		c.client, c.clientKnown = e.client, e.synSeen || e.ackSeen
		c.isn = e.isn
		c.syns = e.syns
		if e.synSeen {
			c.synTime, c.synRef = e.time, e.ref
			t.begin(c, e.client, e.isn[e.client]+1)
		}
		if e.ackSeen {
			c.synAckAt = e.answerTime
			t.begin(c, e.client.Other(), e.isn[e.client.Other()]+1)
		}
		for d := range c.half {
			c.half[d].packets = uint32(e.packets[d])
		}
		h.packets-- // segment counts this one
		t.openings.remove(e)
	}
	t.segment(c, id, s)
}

func (t *Table) begin(c *Conn, d link.Dir, next uint32) {
	c.half[d].next = next
	c.half[d].flags |= halfKnown
}

// forgotten reports an entry that another one pushed out of the table.
func (t *Table) forgotten(e *opening) {
	switch e.state {
	case openSYN:
		t.counters.OpeningsDropped++
	case openRefused:
		t.report(e)
	}
}

// report gives the Unreached event of an entry, if it is one, and marks it done.
func (t *Table) report(e *opening) {
	switch {
	case e.state == openRefused:
		t.events = append(t.events, Event{Kind: Unreached, Failed: e.failed(Refused)})
	case e.state == openSYN && e.synSeen && !e.clientACK:
		t.events = append(t.events, Event{Kind: Unreached, Failed: e.failed(Unanswered)})
	}
	e.state = openIgnored
}

// sweep reports the connects of the next part of the openings that are decided.
func (t *Table) sweep() {
	const part = openSets / sweepParts
	from := int(t.sweeps%sweepParts) * part
	t.sweeps++
	t.reportAll(from, from+part, func(e *opening) bool {
		silent := t.now - e.lastTime
		return e.state == openSYN && silent > connectWait || e.state == openRefused && silent > refusedWait
	})
}

// reportAll reports the connects in the sets from up to to that are wanted,
// oldest first.
func (t *Table) reportAll(from, to int, wanted func(*opening) bool) {
	var found []*opening
	for set := from; set < to; set++ {
		for i, tag := range &t.openings.tags[set] {
			if tag == 0 {
				continue
			}
			if e := &t.openings.rows[set][i]; wanted(e) {
				found = append(found, e)
			}
		}
	}
	slices.SortFunc(found, func(a, b *opening) int {
		return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.ref, b.ref))
	})
	for _, e := range found {
		t.report(e)
	}
}

// lastSeenOrder returns the connections that have not ended.
func (t *Table) lastSeenOrder() []ConnID {
	var ids []ConnID
	for id := ConnID(0); uint32(id) < t.size; id++ {
		if s := t.Conn(id).state; s == connOpen || s == connEnding {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b ConnID) int {
		x, y := t.Conn(a), t.Conn(b)
		return cmp.Or(cmp.Compare(x.lastTime, y.lastTime), cmp.Compare(x.lastRef, y.lastRef))
	})
	return ids
}
