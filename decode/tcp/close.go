package tcp

import (
	"cmp"
	"iter"
	"slices"

	"wstap/decode/link"
)

// finish notes the FIN or RST of a segment.
func (t *Table) finish(c *Conn, s *link.Segment) {
	h := &c.half[s.Dir]
	if s.Flags&link.RST != 0 {
		if c.firstRST < 0 {
			c.firstRST = int8(s.Dir)
			c.rstGap = h.gap(s)
		}
		h.resets(s.Seq)
	} else if h.flags&halfFIN == 0 {
		h.fin = s.Seq + s.Length
		if s.Flags&link.SYN != 0 {
			h.fin++
		}
		h.flags = h.flags&^halfSent | halfFIN
		if c.firstFIN < 0 {
			c.firstFIN = int8(s.Dir)
		}
		if h.flags&halfKnown == 0 {
			c.starts(s.Dir, h.fin)
		}
	}
	if c.tail == tailNone {
		c.tail = tailFIN
		if s.Flags&link.RST != 0 {
			c.tail = tailRST
		}
	}
	if !c.ended {
		c.ended, c.endTime, c.endRef, c.endDir = true, s.Time, s.Ref, s.Dir
	}
}

// resets notes the place of a RST: what lies before it was sent, and will not be
// sent again, as if it had been acknowledged.
func (h *half) resets(seq uint32) {
	if ahead := seq - h.next; h.flags&halfKnown == 0 || ahead == 0 || ahead > farAway {
		return
	}
	if h.flags&halfAcked == 0 || int32(seq-h.acked) > 0 {
		h.acked = seq
		h.flags |= halfAcked
	}
}

// closing ends a connection that has seen a RST, or a FIN from both ends, when what
// was still under way has had the time to come.
func (t *Table) closing(c *Conn, id ConnID) {
	if c.firstRST < 0 && c.half[0].flags&c.half[1].flags&halfFIN == 0 {
		return
	}
	if t.ring.full() {
		t.forgetOldest()
	}
	c.state = connEnding
	t.ring.push(id, t.now)
	t.due = min(t.due, t.now+endWait)
}

// end gives the last events of a connection.
func (t *Table) end(c *Conn, id ConnID, why EndReason) {
	if c.state == connEnding {
		why = EndClosed // it was, only a while ago
	}
	t.flush(c, id, link.FromA)
	t.flush(c, id, link.FromB)
	c.state = connEnded
	t.events = append(t.events, Event{Kind: End, Conn: id, Reason: why, Time: c.lastTime, Ref: c.lastRef})
}

// elapse does what is due at t.now, and finds out when the next thing is.
func (t *Table) elapse() {
	r := &t.ring
	if t.now >= t.nextSweep {
		t.nextSweep = t.now + sweepEvery
		t.sweep()
		t.sweepHolds()
	}
	t.due = t.nextSweep
	for r.ended != r.head {
		e := r.at(r.ended)
		if e.valid {
			if t.now-e.time < endWait {
				t.due = min(t.due, e.time+endWait)
				break
			}
			t.endPending(e.id)
		}
		r.ended++
	}
	for r.tail != r.head {
		if e := r.at(r.tail); e.valid && t.now-e.time < endedWait {
			break
		}
		t.forgetOldest()
	}
}

func (t *Table) endPending(id ConnID) {
	if c := t.Conn(id); c.state == connEnding {
		t.end(c, id, EndClosed)
	}
}

// forgetOldest takes the oldest ended connection out of the table.
func (t *Table) forgetOldest() {
	r := &t.ring
	e := r.at(r.tail)
	if e.valid {
		e.valid = false
		t.endPending(e.id)
		t.ignore(t.Conn(e.id))
		t.remove(e.id)
	}
	if r.ended == r.tail {
		r.ended++
	}
	r.tail++
}

// idleStride is how many segments pass between two looks for connections that
// are half closed and silent: rare enough to cost nothing.
const idleStride = 64

// idle looks at the next connection.
func (t *Table) idle() {
	if t.size == 0 {
		return
	}
	id := ConnID(t.hand % t.size)
	t.hand++
	if c := t.Conn(id); c.state == connOpen && c.ended && t.now-c.lastTime > halfClosedWait {
		t.ignore(c)
		t.discard(id, EndIdle)
	}
}

// Advance tells that time has passed without packets, up to now (nanoseconds
// since 1970-01-01 UTC), and returns what that brought about.
func (t *Table) Advance(now int64) []Event {
	t.settle()
	if now > t.now {
		t.now = now
		t.elapse()
	}
	return t.events
}

// finishAtOnce is how many connects or connections end in one step of Finish, so
// that the events of a million of them need not be there at once.
const finishAtOnce = 1 << 10

// Finish ends every connection because the capture ended, in the order in which
// they were last seen, after the connects that are still open. It gives the last
// events in steps, each valid until the next; all must be taken.
func (t *Table) Finish() iter.Seq[[]Event] {
	return func(yield func([]Event) bool) {
		t.settle()
		if !yield(t.events) { // what was postponed
			return
		}
		for connects := range slices.Chunk(t.overdueAt(never), finishAtOnce) {
			t.settle()
			for _, e := range connects {
				t.report(e)
			}
			if !yield(t.events) {
				return
			}
		}
		for ids := range slices.Chunk(t.lastSeenOrder(), finishAtOnce) {
			t.settle()
			for _, id := range ids {
				t.end(t.Conn(id), id, EndCapture)
			}
			if !yield(t.events) {
				return
			}
		}
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
