package tcp

import (
	"time"

	"wstap/decode/link"
)

const (
	// unreachableWait is how long a connect that an ICMP error answered waits for its
	// retries: Linux makes none, Windows one after 1 or 3 s and the next 2 or 6 s later.
	// Those that come after are not counted.
	unreachableWait = int64(7 * time.Second)
	// maxQuoted is for how many followed connections an ICMP error is remembered: a
	// route that is lost ends as many at once in a large network.
	maxQuoted = 1 << 12
)

// ICMP takes an ICMP error and returns what it brought about, as Push does. What is
// remembered of errors has its place beside the connect or connection that they are
// about, so that a flood of others leaves nothing behind.
func (t *Table) ICMP(q *link.Quote) []Event {
	t.settle()
	if q.Time > t.now {
		t.now = q.Time
		if t.now >= t.due {
			t.elapse()
		}
	}
	s := link.Segment{Flow: q.Flow, Hash: q.Hash}
	if c, id := t.lookup(&s); c != nil {
		t.quoted(c, id, q)
	} else if e := t.openings.find(q.Hash, &q.Flow); e != nil {
		t.refusedBy(e, q)
	}
	return t.events
}

// refusedBy notes an ICMP error about a SYN.
func (t *Table) refusedBy(e *opening, q *link.Quote) {
	o := &t.openings
	if q.TooBig() || q.Dir != e.client || e.flags&openHasSYN == 0 || q.Seq != e.isn[e.client] {
		return
	}
	switch o.state(e) {
	case openSYN:
		if o.errors == nil {
			o.errors = make([]link.ICMPError, maxOpenings)
		}
		o.errors[e.place] = q.ICMPError
		e.flags |= openUnreached
	case openUnreachable:
	default: // it was answered
		return
	}
	o.seen(e, q.Time, q.Ref)
	o.become(e, openUnreachable)
}

// quoted notes an ICMP error about a segment of a followed connection. An error about a
// packet's size, which its sender can do something about, gives way to another.
func (t *Table) quoted(c *Conn, id ConnID, q *link.Quote) {
	h := &c.half[q.Dir]
	if c.state != connOpen && c.state != connEnding || h.flags&halfKnown == 0 || far(q.Seq, h.next) {
		return
	}
	known, ok := t.errors[id]
	switch {
	case ok && (!known.TooBig() || q.TooBig()):
		return
	case !ok && len(t.errors) >= maxQuoted:
		t.counters.QuotedDropped++
		return
	case t.errors == nil:
		t.errors = make(map[ConnID]link.ICMPError)
	}
	t.errors[id] = q.ICMPError
}

// ICMPOf returns the ICMP error about a connection, nil where there was none. It may
// be asked as long as Conn.
func (t *Table) ICMPOf(id ConnID) *link.ICMPError {
	if len(t.errors) == 0 {
		return nil
	}
	if e, ok := t.errors[id]; ok {
		return &e
	}
	return nil
}
