package tcp

import "wstap/decode/link"

// drain delivers the held segments of direction d that have no hole in front of
// them any more.
func (t *Table) drain(c *Conn, id ConnID, d link.Dir) {
	h := &c.half[d]
	h.caughtUp()
	if h.held < 0 {
		return
	}
	q := &t.holds[h.held]
	for len(q.segments) > 0 {
		behind := int32(h.next - q.segments[0].seq)
		if behind < 0 {
			// The next hole is a new one: it gets its own time.
			q.since, q.packets = q.segments[0].time, 0
			return
		}
		s := q.pop()
		t.used -= s.cost()
		if n := uint32(behind); s.length > n {
			b := s.data[min(int(n), len(s.data)):]
			h.advance(s.length - n)
			t.emit(c, id, d, Event{Seq: s.seq + n, Ack: s.ack, Data: b, Time: s.time, Ref: s.ref}, s.length-n)
		}
		t.pool.later(s.data)
	}
	t.releaseHold(h)
}

// resolve gives up the holes of direction d for which it is clear that the
// capture will not fill them: the other end acknowledged the bytes, so nobody will
// send them again.
func (t *Table) resolve(c *Conn, id ConnID, d link.Dir) {
	h := &c.half[d]
	for h.held >= 0 {
		q := &t.holds[h.held]
		waited := t.now - q.since
		acked := h.flags&halfAcked != 0 && int32(h.acked-q.segments[0].seq) >= 0
		blind := c.half[d.Other()].packets == 0
		if !(acked && (q.packets >= ackedWaitPackets && waited >= ackedWaitLeast || waited >= ackedWait)) &&
			!(blind && q.packets >= ackedWaitPackets && waited >= blindWait) {
			return
		}
		t.skip(c, id, d)
	}
}

// sweepHolds gives up the holes of connections that have fallen silent.
func (t *Table) sweepHolds() {
	if len(t.holds) == len(t.freeHold) {
		return
	}
	for i := range t.holds {
		if q := &t.holds[i]; q.active {
			t.resolve(t.Conn(q.conn), q.conn, q.dir)
		}
	}
}

// unseen gives up the bytes of direction d that the other end acknowledged, when
// they are so many that sequence numbers could soon not tell before from after: a
// large upload of which only the answering direction was captured. before is what
// had been acknowledged until now; a single ACK of that kind is only broken.
func (t *Table) unseen(c *Conn, id ConnID, d link.Dir, before uint32) {
	h := &c.half[d]
	if h.flags&halfKnown == 0 || h.held >= 0 || before-h.next-farAck/2 > farAck/2 {
		return
	}
	t.gap(c, id, d, h.acked-h.next)
	h.advance(h.acked - h.next)
	h.caughtUp()
}

// skip gives up the hole in front of the first held segment of direction d.
func (t *Table) skip(c *Conn, id ConnID, d link.Dir) {
	h := &c.half[d]
	q := &t.holds[h.held]
	t.gap(c, id, d, q.segments[0].seq-h.next)
	h.advance(q.segments[0].seq - h.next)
	t.drain(c, id, d)
}

// gap reports n lost bytes of direction d.
func (t *Table) gap(c *Conn, id ConnID, d link.Dir, n uint32) {
	c.gaps++
	c.lost[d] += uint64(n)
	t.counters.Gaps++
	t.counters.LostBytes += uint64(n)
	t.events = append(t.events, Event{Kind: Gap, Dir: d, Conn: id, Lost: n, Time: c.lastTime, Ref: c.lastRef})
}

// flush gives up every hole of direction d, and the bytes at its end that are
// known to have been sent.
func (t *Table) flush(c *Conn, id ConnID, d link.Dir) {
	h := &c.half[d]
	for h.held >= 0 {
		t.skip(c, id, d)
	}
	if n, missing := h.tail(); missing {
		t.gap(c, id, d, n)
		h.advance(n)
	}
}
