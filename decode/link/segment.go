// Package link takes packets apart down to the TCP segment that they carry,
// through whatever link layer, tags and IP headers lie around it. It knows
// nothing of connections or streams.
package link

import (
	"encoding/binary"
	"net/netip"

	"wstap/capture/packet"
)

// Kind says what a packet turned out to be. Every packet is exactly one kind, so
// that packets in equal packets accounted for.
type Kind uint8

// The kinds of packet.
const (
	NotTCP      Kind = iota // another protocol above IP, or no IP at all (ARP, LLDP, 802.11 …)
	TCP                     // a TCP segment, or the fragment that completes one; only for this kind and DNS is Segment filled
	Fragment                // part of a fragmented IP datagram that is not complete with it
	Malformed               // headers that contradict themselves, are cut before the TCP header ends, or are nested too deep
	UnknownLink             // a link type that is not decoded
	ICMP                    // an ICMP or ICMPv6 error about a TCP segment, which Decoder.Quote returns
	DNS                     // a UDP datagram from or to port 53, or the fragment that completes one
	kinds
)

// Kinds is how many kinds of packet there are, for arrays indexed by Kind.
const Kinds = int(kinds)

// String returns the kind's name.
func (k Kind) String() string {
	switch k {
	case NotTCP:
		return "not-tcp"
	case TCP:
		return "tcp"
	case Fragment:
		return "fragment"
	case Malformed:
		return "malformed"
	case UnknownLink:
		return "unknown-link"
	case ICMP:
		return "icmp"
	case DNS:
		return "dns"
	default:
		return "invalid"
	}
}

// TCP control bits (RFC 9293 section 3.1) as they stand in Segment.Flags.
const (
	FIN uint8 = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
	ECE
	CWR
)

// Flow is the pair of endpoints of a connection, in an order that does not
// depend on who sends: A is the lower one. IPv4 addresses stand in their
// IPv4-mapped form.
type Flow struct {
	AHi, ALo uint64
	BHi, BLo uint64
	APort    uint16
	BPort    uint16
}

// Equal reports whether f and g are the same pair. Field by field it is faster
// than ==, which calls out to compare memory.
func (f *Flow) Equal(g *Flow) bool {
	return f.ALo == g.ALo && f.BLo == g.BLo && f.APort == g.APort && f.BPort == g.BPort && f.AHi == g.AHi && f.BHi == g.BHi
}

// Dir tells which end of a Flow sent something.
type Dir uint8

// The two directions.
const (
	FromA Dir = 0
	FromB Dir = 1
)

// Other returns the opposite direction.
func (d Dir) Other() Dir { return d ^ 1 }

// mapped is the low half's prefix of an IPv4-mapped IPv6 address.
const mapped = 0xffff << 32

// Sender returns the address and port of the end that sends in direction d.
func (f *Flow) Sender(d Dir) netip.AddrPort {
	if d == FromA {
		return addrPort(f.AHi, f.ALo, f.APort)
	}
	return addrPort(f.BHi, f.BLo, f.BPort)
}

// NewFlow returns the Flow between two endpoints, in whichever order they are given.
func NewFlow(a, b netip.AddrPort) Flow {
	if a.Compare(b) > 0 {
		a, b = b, a
	}
	f := Flow{APort: a.Port(), BPort: b.Port()}
	f.AHi, f.ALo = halves(a.Addr())
	f.BHi, f.BLo = halves(b.Addr())
	return f
}

func halves(a netip.Addr) (hi, lo uint64) {
	b := a.As16()
	return binary.BigEndian.Uint64(b[:]), binary.BigEndian.Uint64(b[8:])
}

func addrPort(hi, lo uint64, port uint16) netip.AddrPort {
	var b [16]byte
	for i := range 8 {
		b[i] = byte(hi >> (56 - 8*i))
		b[8+i] = byte(lo >> (56 - 8*i))
	}
	return netip.AddrPortFrom(netip.AddrFrom16(b).Unmap(), port)
}

// Segment is one TCP segment, or the payload of a datagram of kind DNS, which has
// neither sequence numbers, flags nor hash; Copy is 0 where IP has no identification. It is filled anew for each packet; Payload aliases
// the packet's data, or for a segment that came in IP fragments the Memory that
// Decoder.Use named. Time and Ref are then those of the packet that completed it.
type Segment struct {
	Flow    Flow
	Hash    uint64     // of Flow, keyed; equal for both directions
	Time    int64      // nanoseconds since 1970-01-01 UTC
	Ref     packet.Ref // the packet that holds it
	Payload []byte     // what the capture holds of the data
	Seq     uint32
	Ack     uint32 // valid iff Flags has ACK
	Length  uint32 // data bytes on the wire; more than len(Payload) when snaplen cut the packet
	Copy    uint32 // equal for copies of one packet, captured at several places; see WeakCopy
	Window  uint16 // as sent, not scaled
	Carrier uint16 // what wraps the segment: index for Decoder.Carrier, 0 for nothing
	Flags   uint8
	Dir     Dir
	TTL     uint8 // time to live, or hop limit, of the IP packet
	Header  uint8 // length of the TCP header in bytes, 20 to 60; it stands right before Payload
}

// weakCopy is the bit of Segment.Copy that is set when it is weak evidence.
const weakCopy = 1 << 31

// identified is what Copy is less than where it is the identification of IPv4.
const identified = 1 << 16

// Identified reports whether Copy is the identification of IPv4, which is not 0.
func (s *Segment) Identified() bool { return s.Copy < identified && s.Copy != 0 }

// WeakCopy reports whether Copy is weak evidence. Strong is the identification of
// IPv4, which a sender changes with every packet, retransmissions included. Where
// there is none (IPv6, and IPv4 that does not allow fragments, RFC 6864) it is a
// fingerprint of the TCP header. That is strong, too, with a timestamp (RFC 7323),
// whose clock ticks every millisecond in the systems of today. Without one it is
// weak: a retransmission shortly after may have the same, so that it counts only for
// segments that were captured a moment apart.
func (s *Segment) WeakCopy() bool { return s.Copy&weakCopy != 0 }
