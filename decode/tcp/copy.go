package tcp

import (
	"math/bits"

	"wstap/decode/link"
)

const (
	// weakWithin is for how long a fingerprint tells copies of a packet: ports of a
	// SPAN session are merged, and the interfaces of a host passed, within
	// milliseconds. A retransmission comes after 200 ms (Linux' least timeout); only a
	// tail-loss probe (RFC 8985 section 7) or a fast retransmission may come as soon as
	// a few round trips.
	weakWithin = swapped
	// strongWithin is for how long the identification of IPv4 does, or a fingerprint
	// with a timestamp. Some senders give all packets the same identification (RFC 6864
	// allows it where they must not be fragmented), and the least timeout is 200 ms.
	strongWithin = int64(1e8)
	// synRetry is the soonest that a SYN is sent again: 1 s by RFC 6298, 0.5 s for
	// Windows after a refusal.
	synRetry = int64(5e8)
	// copyTick is the unit of times in recent, as a shift: 0.26 ms.
	copyTick   = 18
	weakNear   = uint32(weakWithin >> copyTick)
	strongNear = uint32(strongWithin >> copyTick)
	// recentPackets is how many packets are remembered to tell copies: those of 8 ms at
	// a million a second, twice and more what weakWithin needs. They take 64 KB, which
	// stay in the cache.
	recentPackets = 1 << 13
)

// What a packet is remembered for.
const (
	copyData       = 1 // what it carries
	copyZeroWindow = 2
	copyAck        = 3 // that it acknowledges nothing
)

// recent remembers packets for a while, each in one of the two places that its hash
// gives it, which stand side by side. A copy that comes when both were taken is not told
// from a retransmission.
type recent [recentPackets]struct{ tag, at uint32 }

// place returns where a packet stands, and by what it is known: its connection and
// direction, its sequence number, and its link.Segment.Copy.
func (r *recent) place(s *link.Segment, what uint64) (at, tag uint32) {
	hi, lo := bits.Mul64(s.Hash^(uint64(s.Seq)<<32|uint64(s.Copy)), 0x9e3779b97f4a7c15+what<<1+uint64(s.Dir)<<3)
	x := hi ^ lo
	return uint32(x) % recentPackets, uint32(x >> 32)
}

// note remembers a packet.
func (r *recent) note(s *link.Segment, what uint64) {
	at, tag := r.place(s, what)
	if int32(r[at^1].at-r[at].at) < 0 {
		at ^= 1
	}
	r[at].tag, r[at].at = tag, uint32(s.Time>>copyTick)
}

// copied reports whether s, which brings nothing new in direction h, is a copy: of a
// packet that is remembered, or of data that was seen around a corner before. In and
// out of a tunnel segments may be cut differently, by offloading or another MSS, so
// that none is the same as another.
func (t *Table) copied(h *half, s *link.Segment) bool {
	return s.Carrier != h.carrier || t.recent.has(s, copyData)
}

// has reports whether s is a copy of a packet that is remembered.
func (r *recent) has(s *link.Segment, what uint64) bool {
	at, tag := r.place(s, what)
	if r[at].tag != tag {
		at ^= 1
	}
	if r[at].tag != tag || s.Copy == 0 {
		return false
	}
	// The capture may have swapped them: a time a little before is as near.
	ago := uint32(s.Time>>copyTick) - r[at].at
	near := strongNear
	if s.WeakCopy() {
		near = weakNear
	}
	return min(ago, -ago) <= near
}

// zeroWindow counts a packet that closed the receive window, once.
func (t *Table) zeroWindow(c *Conn, s *link.Segment) {
	if !t.recent.has(s, copyZeroWindow) {
		t.recent.note(s, copyZeroWindow)
		c.zeroWindows++
	}
}

// copiedSYN reports whether a SYN is a copy of the last one, which had the given
// Copy, when the connection's last packet was seen at last: nobody retries so soon.
func copiedSYN(s *link.Segment, copied uint32, last int64) bool {
	since := s.Time - last
	return since < weakWithin || since < synRetry && s.Copy == copied && s.Copy != 0
}

// copiedSYN is the same for a connection that is followed.
func (c *Conn) copiedSYN(s *link.Segment) bool {
	switch {
	case c.synRef == 0:
		return false
	case copiedSYN(s, c.synCopy, c.synTime):
		return true
	case c.synAckAt == 0 || s.Copy == 0 || s.Copy != c.synCopy:
		return false
	}
	// Of the last one, if it was a retry: the SYN-ACK came soon after it.
	since := s.Time - c.synAckAt
	return since < weakWithin || since < synRetry && !s.WeakCopy()
}
