package tcp

import "wstap/decode/link"

// hops notes the time to live of a packet. Those of one end differ by little, if at all:
// a RST with another one was perhaps sent by somebody else.
func (c *Conn) hops(s *link.Segment) {
	d := s.Dir
	switch {
	case s.Flags&link.RST == 0:
		c.widen(d, s.TTL)
		if c.firstRST != int8(d) {
			c.ttl[d] = s.TTL
		}
	case c.firstRST < 0:
		c.ttl[d] = s.TTL
	}
}

// widen takes a time to live into those of a direction.
func (c *Conn) widen(d link.Dir, ttl uint8) {
	if c.ttlLow[d] == 0 || ttl < c.ttlLow[d] {
		c.ttlLow[d] = ttl
	}
	c.ttlHigh[d] = max(c.ttlHigh[d], ttl)
}

// TTL returns the least and the greatest time to live, or hop limit, of the packets of
// direction d that are not RSTs; 0 where there were none.
func (c *Conn) TTL(d link.Dir) (least, greatest uint8) { return c.ttlLow[d], c.ttlHigh[d] }

// RSTTTL returns the time to live of the first RST; ok is false when there was none.
func (c *Conn) RSTTTL() (ttl uint8, ok bool) {
	if c.firstRST < 0 {
		return 0, false
	}
	return c.ttl[c.firstRST], true
}

// DataAfterRST counts the segments with new data that the end that sent the first RST
// sent later. Whoever resets a connection has no more to say.
func (c *Conn) DataAfterRST() int { return int(c.afterRST) }

// beyond reports whether seq is at or behind all that was sent before a RST, see resets.
func (h *half) beyond(seq uint32) bool {
	return h.flags&halfKnown != 0 && int32(seq-h.next) >= 0 && (h.flags&halfAcked == 0 || int32(seq-h.acked) >= 0)
}

const (
	// idReach is how far apart the identifications of two packets of one end are that
	// follow each other: systems that count for all connections together send others in
	// between.
	idReach = 1024
	// leastCounted is of how many packets with data of an end, none counted twice, it has
	// to be known that their identifications follow each other.
	leastCounted = 2
)

// identify notes the identification of an IPv4 packet, if there is one.
func (h *half) identify(s *link.Segment) {
	if !s.Identified() {
		return
	}
	id := uint16(s.Copy)
	if ahead := id - h.id; h.id != 0 && min(ahead, -ahead) > idReach {
		h.flags |= halfJumps
	}
	h.id = id
}

// gap returns how far the identification of a RST is ahead of that of the packet before
// it; 0 where it is near, or says nothing.
func (h *half) gap(s *link.Segment) uint16 {
	if !s.Identified() || h.id == 0 || h.flags&halfJumps != 0 || h.segments < leastCounted {
		return 0
	}
	if ahead := uint16(s.Copy) - h.id; min(ahead, -ahead) > idReach {
		return ahead
	}
	return 0
}

// RSTIDGap returns how far the identification (RFC 791 section 3.1) of the first RST is
// ahead of that of the packet before it, modulo 2^16, where that is more than idReach
// either way and those of its end follow each other otherwise. Else it is 0.
func (c *Conn) RSTIDGap() uint16 { return c.rstGap }
