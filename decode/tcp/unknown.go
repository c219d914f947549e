package tcp

import "wstap/decode/link"

// unknown handles a segment of a connection that is not followed.
func (t *Table) unknown(s *link.Segment) {
	e := t.openings.find(s.Hash, &s.Flow)
	switch {
	case opens(s):
		if e = t.opened(e, s); e == nil || s.Length == 0 {
			return
		}
	case e != nil:
		t.openings.seen(e, s.Time, s.Ref)
		count(&e.packets[s.Dir])
	}
	switch {
	case e != nil && t.openings.state(e) == openIgnored:
	case s.Length > 0:
		t.firstData(e, s)
	case e == nil:
	case s.Flags&(link.RST|link.FIN) != 0:
		t.openingEnds(e, s)
	case s.Flags&link.ACK != 0:
		if s.Dir == e.client || s.Ack-1-e.isn[e.client] <= synReach {
			t.answered(e)
		}
		e.shows(s)
	}
}

// synReach is how far behind a SYN an acknowledgment may lie and still be that of its
// connection: one of the SYN-ACK itself covers no more than the data that came with
// the SYN.
const synReach = 64 << 10

// answered notes that there was an answer to the SYN, seen or not.
func (t *Table) answered(e *opening) {
	switch t.openings.state(e) {
	case openSYN, openUnreachable, openReported:
		t.openings.become(e, openAnswered)
	default: // more is known already
	}
}

// opens reports whether s is a SYN or SYN-ACK. A RST is that and nothing else (RFC
// 9293 section 3.10.7.4 looks at it first).
func opens(s *link.Segment) bool { return s.Flags&(link.SYN|link.RST) == link.SYN }

// count adds one to n, and stays at the greatest.
func count(n *uint16) {
	if *n++; *n == 0 {
		*n--
	}
}

// count8 is count for the smallest numbers.
func count8(n *uint8) {
	if *n++; *n == 0 {
		*n--
	}
}

// opened notes a SYN or SYN-ACK and returns its entry, nil when it repeats one of
// a connection that is not looked at any more.
func (t *Table) opened(e *opening, s *link.Segment) *opening {
	answer := s.Flags&link.ACK != 0
	client := s.Dir
	if answer {
		client = s.Dir.Other()
	}
	switch {
	case e == nil:
		e = t.remember(s.Hash, &s.Flow)
	case e.continues(s, client):
		if t.openings.state(e) == openIgnored {
			t.openings.seen(e, s.Time, s.Ref)
			return nil
		}
		if !answer && e.syns > 0 && copiedSYN(s, e.synCopy, t.openings.lastTime(e)) {
			t.openings.seen(e, s.Time, s.Ref)
			count(&e.packets[s.Dir])
			return e
		}
	default:
		t.report(e)
		t.openings.take(e, s.Hash, &s.Flow)
	}
	if e.flags&(openHasSYN|openHasSYNACK) == 0 {
		e.client, e.carrier = client, s.Carrier
	}
	t.openings.seen(e, s.Time, s.Ref)
	count(&e.packets[s.Dir])
	e.isn[s.Dir] = s.Seq
	if answer {
		t.openedAnswer(e, s)
	} else {
		t.openedAsk(e, s)
	}
	return e
}

// openedAsk notes a SYN.
func (t *Table) openedAsk(e *opening, s *link.Segment) {
	count8(&e.syns)
	e.synCopy = s.Copy
	if e.flags&openHasSYN == 0 {
		e.synTime, e.synRef = s.Time, s.Ref
		if e.flags&openHasSYNACK != 0 {
			e.flags |= openAckFirst
		}
		e.flags |= openHasSYN
	}
	if t.openings.state(e) == openIgnored { // a new entry
		t.openings.become(e, openSYN)
	}
}

// openedAnswer notes a SYN-ACK.
func (t *Table) openedAnswer(e *opening, s *link.Segment) {
	if e.flags&openHasSYNACK == 0 {
		e.flags |= openHasSYNACK
		e.ackTime, e.ackRef = s.Time, s.Ref
		if e.flags&openHasSYN == 0 {
			e.isn[e.client] = s.Ack - 1
		}
	}
	e.ttl = s.TTL
	if t.openings.state(e) == openRefused { // a retry was accepted
		e.flags &^= openEnded | openByRST
	}
	if t.openings.state(e) != openCut {
		t.openings.become(e, openAnswered)
	}
}

// continues reports whether a SYN or SYN-ACK belongs to the connection of e and
// not to another one on the same addresses and ports.
func (e *opening) continues(s *link.Segment, client link.Dir) bool {
	switch {
	case e.flags&(openHasSYN|openHasSYNACK) == 0 || e.client != client:
		return false
	case s.Dir == client && e.flags&openHasSYN != 0, s.Dir != client && e.flags&openHasSYNACK != 0:
		return e.isn[s.Dir] == s.Seq
	case s.Dir == client:
		return e.isn[client]-s.Seq <= synReach
	default:
		return s.Ack-1-e.isn[client] <= synReach
	}
}

// openingEnds handles RST or FIN before any data.
func (t *Table) openingEnds(e *opening, s *link.Segment) {
	o := &t.openings
	rst := s.Flags&link.RST != 0
	fromServer := s.Dir != e.client
	first, known := e.begins(s.Dir)
	if known && far(s.Seq, first) {
		return // of another connection on these ports
	}
	e.shows(s)
	switch state := o.state(e); {
	case state == openRefused || state == openCut || state == openUnreachable || state == openReported || e.flags&openEnded != 0:
	case state == openSYN && fromServer && rst:
		// In SYN-SENT only a RST that acknowledges the SYN counts (RFC 9293 section
		// 3.10.7.3). One of more than the SYN is the end of a connection whose beginning
		// was not captured.
		switch acked := s.Ack - 1 - e.isn[e.client]; {
		case s.Flags&link.ACK == 0 || acked > synReach:
		case acked > 0:
			e.ends(s)
			t.answered(e)
		default:
			e.ends(s)
			e.ttl = s.TTL
			o.become(e, openRefused)
		}
	case state == openSYN && !fromServer && rst && s.Seq != first:
		// the client's answer to a packet that was not for this connection
	case !known || s.Seq != first || fromServer && s.Flags&link.ACK != 0 && s.Ack != e.isn[e.client]+1 && e.missed == 0,
		fromServer && e.missed == 1: // the client's FIN, perhaps
		e.ends(s) // after bytes that may still come, if the capture swapped packets
		t.answered(e)
	case fromServer && e.flags&openHasSYN != 0:
		e.ends(s)
		o.become(e, openCut)
	case fromServer:
		e.ends(s) // what the client sent before is not known
	default:
		o.become(e, openIgnored) // the client thought better of it
	}
}

// ends notes a RST or FIN before any data.
func (e *opening) ends(s *link.Segment) {
	if e.flags&openEnded != 0 {
		return
	}
	e.flags |= openEnded
	e.endTime, e.endRef, e.fin = s.Time, s.Ref, s.Seq
	if s.Flags&link.RST != 0 {
		e.flags |= openByRST
	}
	if s.Dir == e.client {
		e.flags |= openByClient
	}
}
