package tcp

import (
	"math"

	"wstap/decode/link"
)

// starts notes that the bytes of direction d are looked at from seq on.
func (c *Conn) starts(d link.Dir, seq uint32) {
	h := &c.half[d]
	h.next, h.wraps = seq, 0
	h.flags |= halfKnown
	c.first[d] = seq
}

// Segments counts the segments of direction d that carried data, retransmitted ones
// included. Keep-alives and packets captured twice are not among them.
func (c *Conn) Segments(d link.Dir) uint32 { return c.half[d].segments }

// Next returns the sequence number of the next byte of direction d that is to be
// delivered; ok is false when nothing is known of its bytes.
func (c *Conn) Next(d link.Dir) (seq uint32, ok bool) {
	return c.half[d].next, c.half[d].flags&halfKnown != 0
}

// Bytes returns how many bytes of data were captured of direction d, each once. What
// snaplen cut off is counted, what lies in holes is not. ok is false where there were
// too many to count, a terabyte.
func (c *Conn) Bytes(d link.Dir) (n uint64, ok bool) {
	h := &c.half[d]
	if h.flags&halfKnown == 0 {
		return 0, true
	}
	return uint64(h.wraps)<<32 + uint64(h.next) - uint64(c.first[d]) - c.lost[d], h.wraps < math.MaxUint8
}

// Unacked returns how many of the bytes that were sent in direction d were not
// acknowledged. ok is false where the capture does not show it: it holds one direction
// only, it misses bytes, or it never showed how far an end had come.
func (c *Conn) Unacked(d link.Dir) (n uint32, ok bool) {
	h := &c.half[d]
	if c.half[0].packets == 0 || c.half[1].packets == 0 || c.gaps > 0 || h.held >= 0 {
		return 0, false
	}
	acked := c.first[d] // a SYN-ACK acknowledges this much
	switch {
	case h.flags&halfAcked != 0:
		acked = h.acked
	case h.flags&halfKnown == 0, c.midstream:
		return 0, false
	}
	n = h.next - acked
	if int32(n) < 0 { // the FIN takes a sequence number, too
		n = 0
	}
	return n, true
}
