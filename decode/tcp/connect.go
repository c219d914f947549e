package tcp

import (
	"cmp"
	"math"
	"slices"

	"wstap/decode/link"
)

// remember makes an entry among the openings, ignored until the caller says
// otherwise, and reports the one that it pushes out.
func (t *Table) remember(hash uint64, flow *link.Flow) *opening {
	e := t.openings.victim(hash)
	switch t.openings.state(e) {
	case openSYN:
		t.counters.OpeningsDropped++
	case openRefused, openCut, openUnreachable:
		t.report(e)
	default: // nothing to report
	}
	t.openings.take(e, hash, flow)
	return e
}

// ignore remembers that a connection's data need not be looked at any more, and
// how it began, so that a repeated SYN does not make a ghost of it.
func (t *Table) ignore(c *Conn) {
	e := t.openings.find(c.hash, &c.flow)
	if e == nil {
		e = t.remember(c.hash, &c.flow)
	}
	e.client, e.isn, e.flags = c.client, c.isn, 0
	if c.half[c.client].flags&halfBegun != 0 {
		e.flags |= openHasSYN
	}
	if c.half[c.client.Other()].flags&halfBegun != 0 {
		e.flags |= openHasSYNACK
	}
	t.openings.seen(e, t.now, c.lastRef)
	t.openings.become(e, openIgnored)
}

// report gives the Unreached event of an entry, if it is one, and forgets it. What
// was cut stays ignored: the client may still send to nobody. What an ICMP error answered
// stays, since a retry may be accepted.
func (t *Table) report(e *opening) {
	switch t.openings.state(e) {
	case openCut:
		t.unreached(e, Cut)
		t.openings.become(e, openIgnored)
		return
	case openUnreachable:
		t.unreached(e, Unreachable)
		t.openings.become(e, openReported)
		return
	case openRefused:
		t.unreached(e, Refused)
	case openSYN:
		t.unreached(e, Unanswered)
	default: // something else became of it
	}
	t.openings.remove(e)
}

// unreached appends the event of a failed connect.
func (t *Table) unreached(e *opening, kind FailKind) {
	f := &Failed{
		Packets: int(e.packets[0]) + int(e.packets[1]),
		Kind:    kind, Client: e.flow.Sender(e.client), Server: e.flow.Sender(e.client.Other()),
		Carrier: e.carrier, SYNs: int(e.syns), Time: e.synTime, SYN: e.synRef,
		LastTime: t.openings.lastTime(e), Last: e.lastRef, TTL: e.ttl,
	}
	switch kind {
	case Refused:
		f.AnswerTime, f.EndTime, f.End, f.ServerRST = e.endTime, e.endTime, e.endRef, true
	case Cut:
		f.AnswerTime, f.EndTime, f.End, f.ServerRST = e.ackTime, e.endTime, e.endRef, e.flags&openByRST != 0
		if e.missed > 1 {
			f.Missed = int(e.missed)
		}
	case Unreachable:
		f.ICMP = t.openings.errors[e.place]
		f.AnswerTime = f.ICMP.Time
	case Unanswered:
	}
	t.events = append(t.events, Event{Kind: Unreached, Failed: f})
}

// sweep reports the connects that are decided by now, oldest first.
func (t *Table) sweep() {
	if t.openings.next >= t.now {
		return
	}
	for _, e := range t.overdueAt(t.now) {
		t.report(e)
	}
}

// overdueAt returns the connects that are overdue at now, oldest first, valid until
// it is called again.
func (t *Table) overdueAt(now int64) []*opening {
	t.overdue = t.openings.overdue(now, t.overdue[:0])
	slices.SortFunc(t.overdue, func(a, b *opening) int {
		return cmp.Or(cmp.Compare(a.synTime, b.synTime), cmp.Compare(a.synRef, b.synRef))
	})
	return t.overdue
}

// never is later than every packet, and all that waits is overdue then.
const never = math.MaxInt64
