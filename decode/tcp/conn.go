package tcp

import (
	"math"
	"net/netip"

	"wstap/capture/packet"
	"wstap/decode/link"
)

// Bits of half.flags.
const (
	halfKnown uint8 = 1 << iota // next is valid
	halfAcked                   // acked is valid
	halfFIN                     // fin is valid
	halfBegun                   // Conn.isn of this direction is valid
	halfStuck                   // Table.stuck knows the first segment of this direction as one that does not arrive
	halfCut                     // snaplen cut a segment of this direction that carried data
	halfSent                    // fin is what was sent at least; never together with halfFIN
	halfJumps                   // identifications of packets do not follow each other
)

// half is one direction of a connection.
type half struct {
	next  uint32 // sequence number of the next byte to deliver
	acked uint32 // highest acknowledgment number that the other end sent
	fin   uint32 // sequence number of the FIN, or with halfSent of a segment without data
	held  int32  // index into Table.holds, -1 for none

	packets         uint32
	segments        uint32 // with data
	retransmissions uint16 // of these; stays at the greatest
	id              uint16 // identification of the last IPv4 packet that is no RST, 0 for none
	carrier         uint16 // link.Segment.Carrier of the last new data
	flags           uint8
	wraps           uint8 // how often next has passed 0 since Conn.first
}

// advance moves next by n bytes.
func (h *half) advance(n uint32) {
	if h.next += n; h.next < n && h.wraps < math.MaxUint8 {
		h.wraps++
	}
}

// tailKind says what came first after the last data.
type tailKind uint8

const (
	tailNone tailKind = iota
	tailFIN
	tailRST
)

type connState uint8

const (
	connFree   connState = iota
	connOpen             // events flow
	connEnding           // RST seen, or FIN both ways with a hole: End is due shortly
	connEnded            // End was given; kept so that late packets find it
)

// Conn is what is known of a connection beside its bytes. Its fields are valid
// until the event after its End.
type Conn struct {
	// These 128 bytes are read for every packet; the rest is not.
	half     [2]half
	flow     link.Flow
	lastTime int64
	lastRef  packet.Ref
	state    connState
	ended    bool // endRef is set
	tail     tailKind
	endDir   link.Dir // of endRef
	carrier  uint16
	ttl      [2]uint8 // of the last packet of each direction that is not a RST; of the first RST once there was one

	hash      uint64
	firstTime int64
	firstRef  packet.Ref
	synTime   int64
	synAckAt  int64
	synRef    packet.Ref
	endTime   int64
	endRef    packet.Ref

	lost        [2]uint64
	gaps        uint32
	duplicates  uint32
	outOfOrder  uint32
	isn         [2]uint32 // where halfBegun is set; before, what it is if the first packet was the first data
	first       [2]uint32 // where halfKnown is set: what half.next began with
	zeroWindows uint16    // stays at the greatest
	rstGap      uint16    // see RSTIDGap
	synCopy     uint32    // link.Segment.Copy of the last SYN
	syns        uint8
	dupAcks     uint8 // acknowledgments of nothing of the client's, or server's, data while there was some
	firstFIN    int8  // direction, -1 for none
	firstRST    int8
	client      link.Dir
	clientKnown bool // from the SYN
	midstream   bool
	afterRST    uint8 // segments with data that the end that sent the first RST sent later

	ttlLow  [2]uint8 // of all packets that are not RSTs
	ttlHigh [2]uint8
}

// Addr returns the address and port of the end that sends in direction d.
func (c *Conn) Addr(d link.Dir) netip.AddrPort { return c.flow.Sender(d) }

// Client returns the direction in which the client sends, as the SYN or SYN-ACK
// showed it; ok is false when neither was captured.
func (c *Conn) Client() (d link.Dir, ok bool) { return c.client, c.clientKnown }

// Carrier returns what wrapped the connection's first packet, see link.Segment.
func (c *Conn) Carrier() uint16 { return c.carrier }

// First returns the connection's first captured packet.
func (c *Conn) First() (int64, packet.Ref) { return c.firstTime, c.firstRef }

// Last returns the connection's last captured packet.
func (c *Conn) Last() (int64, packet.Ref) { return c.lastTime, c.lastRef }

// SYN returns the first SYN; the Ref is zero when it was not captured.
func (c *Conn) SYN() (int64, packet.Ref) { return c.synTime, c.synRef }

// SYNAckTime returns the time of the first SYN-ACK, 0 when it was not captured.
func (c *Conn) SYNAckTime() int64 { return c.synAckAt }

// SYNs returns how many SYNs of the client were captured, retries included.
func (c *Conn) SYNs() int { return int(c.syns) }

// Ended returns the first FIN or RST; the Ref is zero when there was none.
func (c *Conn) Ended() (int64, packet.Ref) { return c.endTime, c.endRef }

// EndedBy returns who sent the first FIN or RST.
func (c *Conn) EndedBy() (d link.Dir, ok bool) { return c.endDir, c.ended }

// FirstFIN returns who sent the first FIN.
func (c *Conn) FirstFIN() (d link.Dir, ok bool) { return link.Dir(c.firstFIN), c.firstFIN >= 0 }

// Finished reports whether the end that sends in direction d sent its FIN.
func (c *Conn) Finished(d link.Dir) bool { return c.half[d].flags&halfFIN != 0 }

// MissedFIN reports whether the end that sends in direction d must have sent a FIN that
// was not captured: what was acknowledged, or the place of a RST, counts one.
func (c *Conn) MissedFIN(d link.Dir) bool {
	h := &c.half[d]
	return h.flags&(halfKnown|halfAcked|halfFIN) == halfKnown|halfAcked && h.acked == h.next+1
}

// FirstRST returns who sent the first RST.
func (c *Conn) FirstRST() (d link.Dir, ok bool) { return link.Dir(c.firstRST), c.firstRST >= 0 }

// Tail tells how the connection ended: whether FIN or RST came first after the
// last data was captured. Data captured out of order, after its own FIN, does not
// count as later. When nothing came after it, FIN goes before RST.
func (c *Conn) Tail() (fin, rst bool) {
	switch {
	case c.tail == tailNone && c.firstFIN >= 0:
		return true, false
	case c.tail == tailNone:
		return false, c.firstRST >= 0
	default:
		return c.tail == tailFIN, c.tail == tailRST
	}
}

// Retransmissions counts the data segments of direction d that repeated bytes
// already seen, or filled a hole so late that they must have been sent again.
// Keep-alives and packets captured twice are not among them.
func (c *Conn) Retransmissions(d link.Dir) uint32 { return uint32(c.half[d].retransmissions) }

// Packets counts the packets of direction d, from the connection's SYN on.
func (c *Conn) Packets(d link.Dir) uint32 { return c.half[d].packets }

// Duplicates counts packets that were captured twice, as on a SPAN port.
func (c *Conn) Duplicates() uint32 { return c.duplicates }

// OutOfOrder counts segments that came shortly after a later one.
func (c *Conn) OutOfOrder() uint32 { return c.outOfOrder }

// ZeroWindows counts segments that closed the receive window.
func (c *Conn) ZeroWindows() uint32 { return uint32(c.zeroWindows) }

// Gaps returns how many holes were given up and how many bytes they held,
// truncated packets not included.
func (c *Conn) Gaps() (holes uint32, bytes uint64) { return c.gaps, c.lost[0] + c.lost[1] }

// Midstream reports whether the start of the connection was not captured.
func (c *Conn) Midstream() bool { return c.midstream }

// Truncated reports whether snaplen cut a packet that carried data.
func (c *Conn) Truncated() bool { return (c.half[0].flags|c.half[1].flags)&halfCut != 0 }

// Pending reports whether direction d has bytes that are known to have been sent
// and were not delivered, so that its stream is not complete up to now.
func (c *Conn) Pending(d link.Dir) bool {
	h := &c.half[d]
	if h.held >= 0 {
		return true
	}
	_, missing := h.tail()
	return missing
}

// shows notes a segment without data whose sequence number is ahead of next: what
// lies before it was sent.
func (h *half) shows(seq uint32) {
	if ahead := seq - h.next; ahead > farAway || h.flags&(halfKnown|halfFIN) != halfKnown {
		return
	}
	if h.flags&halfSent == 0 || int32(seq-h.fin) > 0 {
		h.fin = seq
		h.flags |= halfSent
	}
}

// caughtUp forgets what shows has noted once all of it was delivered, before
// sequence numbers come round to it again.
func (h *half) caughtUp() {
	if h.flags&halfSent != 0 && int32(h.fin-h.next) <= 0 {
		h.flags &^= halfSent
	}
}

// tail returns how many bytes after next the other end acknowledged, or a FIN or
// another segment without data shows to have been sent. One byte alone is the
// sequence number of a FIN that was not captured.
func (h *half) tail() (n uint32, missing bool) {
	if h.flags&halfKnown == 0 {
		return 0, false
	}
	if h.flags&halfFIN != 0 {
		n = h.fin - h.next
		return n, int32(n) > 0
	}
	if h.flags&halfAcked != 0 {
		n = h.acked - h.next
	}
	if sent := h.fin - h.next; h.flags&halfSent != 0 && int32(sent) > int32(n) {
		n = sent
	}
	return n, int32(n) > 1
}
