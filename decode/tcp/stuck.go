package tcp

import (
	"math"

	"wstap/decode/link"
)

// Stuck is the first segment of data of a connection, sent again and again and never
// acknowledged.
type Stuck struct {
	Dir    link.Dir
	Length uint32 // in bytes; of the longest, if it was cut otherwise when it was sent again
	Times  uint16 // how often it was sent again
	Acks   uint8  // how often the other end acknowledged what was before it: other segments arrive
}

// maxStuck is for how many connections that is remembered at once: a server that has
// gone leaves as many clients behind as it had connects in some minutes.
const maxStuck = 1 << 12

// sentAgain notes that a segment repeats bytes.
func (t *Table) sentAgain(c *Conn, id ConnID, s *link.Segment) {
	h := &c.half[s.Dir]
	first := c.first[s.Dir]
	if s.Seq != first || c.midstream || h.flags&halfAcked != 0 && h.acked != first {
		return
	}
	stuck, ok := t.stuck[id]
	switch {
	case !ok && len(t.stuck) >= maxStuck:
		t.counters.StuckDropped++
		return
	case ok && stuck.Dir != s.Dir:
		return
	case t.stuck == nil:
		t.stuck = make(map[ConnID]Stuck)
	}
	stuck.Dir = s.Dir
	stuck.Length = max(stuck.Length, s.Length)
	if stuck.Times < math.MaxUint16 {
		stuck.Times++
	}
	t.stuck[id] = stuck
	h.flags |= halfStuck
}

// stands notes a segment that acknowledges nothing of the other end's data, of which
// something has been sent: it answers one that came out of order, so that others arrive.
func (t *Table) stands(c *Conn, s *link.Segment) {
	o := s.Dir.Other()
	if s.Length == 0 && s.Flags&(link.SYN|link.FIN|link.RST|link.ACK) == link.ACK && s.Seq == c.half[s.Dir].next &&
		s.Ack == c.first[o] && c.half[o].next != s.Ack && c.half[o].flags&c.half[s.Dir].flags&halfBegun != 0 && !t.recent.has(s, copyAck) {
		t.recent.note(s, copyAck)
		count8(&c.dupAcks)
	}
}

// arrived notes that the first segment of a direction was acknowledged after all.
func (t *Table) arrived(h *half, id ConnID) {
	h.flags &^= halfStuck
	delete(t.stuck, id)
}

// StuckOf returns what does not get through on a connection, nil where everything does.
// It may be asked as long as Conn.
func (t *Table) StuckOf(id ConnID) *Stuck {
	if len(t.stuck) == 0 {
		return nil
	}
	if s, ok := t.stuck[id]; ok {
		s.Acks = t.Conn(id).dupAcks
		return &s
	}
	return nil
}
