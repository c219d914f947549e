package tcp

import "wstap/decode/link"

const (
	// weakWithin is for how long a fingerprint tells copies of a packet: ports of a
	// SPAN session are merged, and the interfaces of a host passed, within
	// milliseconds. A retransmission comes after 200 ms (Linux' least timeout); only a
	// tail-loss probe (RFC 8985 section 7) may come as soon as two round trips, and
	// that differs by its timestamp where there is one.
	weakWithin = swapped
	// synRetry is the soonest that a SYN is sent again: 1 s by RFC 6298, 0.5 s for
	// Windows after a refusal.
	synRetry = int64(5e8)
	// copyTick is the unit of copies' times, as a shift: 0.26 ms. They come round after
	// 17 s, which no retransmission of the same fingerprint waits for but by chance.
	copyTick = 18
)

// copies is what the last two packets of a kind are recognised by when they are
// captured again. A copy that comes later, with two of the kind between, is not
// told from a retransmission.
type copies struct {
	last, prev uint16 // the lower half of link.Segment.Copy
	lastAt     uint16 // time of the last, in units of copyTick
}

// near is weakWithin in units of copyTick.
const near = uint16(weakWithin >> copyTick)

// note makes s the last packet.
func (c *copies) note(s *link.Segment) {
	at := uint16(s.Time >> copyTick)
	c.prev = c.last
	if s.WeakCopy() && at-c.lastAt > near {
		c.prev = 0 // too old by now, and its time is not kept
	}
	c.last, c.lastAt = uint16(s.Copy), at
}

// has reports whether s is a copy of one of the two.
func (c *copies) has(s *link.Segment) bool {
	if id := uint16(s.Copy); s.Copy == 0 || id != c.last && id != c.prev {
		return false
	}
	ago := uint16(s.Time>>copyTick) - c.lastAt
	// The capture may have swapped them: a time a little before is as near.
	return !s.WeakCopy() || min(ago, -ago) <= near
}

// zeroWindow counts a packet that closed the receive window, once.
func (c *Conn) zeroWindow(s *link.Segment) {
	if z := &c.zeros[s.Dir]; !z.has(s) {
		z.note(s)
		c.zeroWindows++
	}
}

// copiedSYN reports whether a SYN is a copy of the last one, which had the given
// Copy, when the connection's last packet was seen at last: nobody retries so soon.
func copiedSYN(s *link.Segment, copied uint32, last int64) bool {
	since := s.Time - last
	return since < weakWithin || since < synRetry && s.Copy == copied && s.Copy != 0 && !s.WeakCopy()
}

// copiedSYN is the same for a connection that is followed.
func (c *Conn) copiedSYN(s *link.Segment) bool {
	return c.synRef != 0 && copiedSYN(s, c.synCopy, c.synTime)
}
