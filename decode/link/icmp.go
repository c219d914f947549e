package link

import (
	"encoding/binary"
	"net/netip"

	"wstap/capture/packet"
)

// Types of ICMP (RFC 792) and ICMPv6 (RFC 4443) messages that say that a packet did
// not arrive.
const (
	ICMPUnreachable = 3
	ICMPTimeout     = 11
	ICMPParameter   = 12

	ICMP6Unreachable = 1
	ICMP6TooBig      = 2
	ICMP6Timeout     = 3
	ICMP6Parameter   = 4
)

// icmpTooBig is the code of ICMPUnreachable that stands for ICMP6TooBig (RFC 1191).
const icmpTooBig = 4

const (
	icmpHeader = 8
	// quotedTCP is what every ICMP error quotes of the TCP header: ports and sequence
	// number.
	quotedTCP = 8
)

// ICMPError is what an ICMP or ICMPv6 error says.
type ICMPError struct {
	Time int64
	Ref  packet.Ref // the packet that holds it
	from [16]byte
	MTU  uint32 // of the next hop, where the error is that the packet was too big; 0 where it does not say
	Type uint8
	Code uint8
	V6   bool // ICMPv6
}

// From returns who sent the error.
func (e *ICMPError) From() netip.Addr { return netip.AddrFrom16(e.from).Unmap() }

// TooBig reports whether the error is about a packet's size: its sender is to send
// smaller ones.
func (e *ICMPError) TooBig() bool {
	if e.V6 {
		return e.Type == ICMP6TooBig
	}
	return e.Type == ICMPUnreachable && e.Code == icmpTooBig
}

// Quote is an ICMP error and the segment that it is about.
type Quote struct {
	ICMPError
	Flow Flow   // of the segment
	Hash uint64 // of Flow
	Seq  uint32 // of the segment
	Dir  Dir    // in which that was sent
}

// Quote returns the error that Decode has just found: its kind was ICMP.
func (d *Decoder) Quote() Quote { return d.quote }

// isICMPError reports whether messages of a type say that a packet did not arrive.
func isICMPError(t uint8, v6 bool) bool {
	if v6 {
		return t >= ICMP6Unreachable && t <= ICMP6Parameter
	}
	return t == ICMPUnreachable || t == ICMPTimeout || t == ICMPParameter
}

// icmp decodes an ICMP message b in IP whose header is head. Other messages than
// errors about a TCP segment are NotTCP, and so are errors that were not sent to the
// sender of the segment.
func (d *Decoder) icmp(head, b []byte, p *packet.Packet, s *Segment) Kind {
	v6 := head[0]>>4 == 6
	if len(b) < icmpHeader || !isICMPError(b[0], v6) {
		return NotTCP
	}
	e := ICMPError{Time: p.Time, Ref: p.Ref, Type: b[0], Code: b[1], V6: v6}
	ok := false
	if v6 {
		copy(e.from[:], head[8:24])
		ok = d.quoted6(head, b[icmpHeader:], p, s)
	} else {
		e.from = netip.AddrFrom4([4]byte(head[12:16])).As16()
		ok = d.quoted4(head, b[icmpHeader:], p, s)
	}
	if !ok {
		return NotTCP
	}
	if e.TooBig() {
		e.MTU = binary.BigEndian.Uint32(b[4:])
		if !v6 {
			e.MTU &= 0xffff
		}
	}
	d.quote = Quote{ICMPError: e, Flow: s.Flow, Hash: s.Hash, Seq: s.Seq, Dir: s.Dir}
	return ICMP
}

// quoted4 reads the IPv4 packet that an error quotes, whose own header is head.
func (d *Decoder) quoted4(head, ip []byte, p *packet.Packet, s *Segment) bool {
	const laterFragment = 0x1fff
	if len(ip) < ipv4Header || ip[0]>>4 != 4 || ip[9] != protoTCP || binary.BigEndian.Uint16(ip[6:])&laterFragment != 0 {
		return false
	}
	header := int(ip[0]&15) * 4
	if header < ipv4Header || len(ip) < header+quotedTCP || [4]byte(ip[12:16]) != [4]byte(head[16:20]) {
		return false
	}
	return d.tcp4((*[ipv4Header]byte)(ip), d.enough(ip[header:]), tcpHeader, p, s) == TCP
}

// quoted6 is quoted4 for IPv6.
func (d *Decoder) quoted6(head, ip []byte, p *packet.Packet, s *Segment) bool {
	if len(ip) < ipv6Header || ip[0]>>4 != 6 || [16]byte(ip[8:24]) != [16]byte(head[24:40]) {
		return false
	}
	next, b := ip[6], ip[ipv6Header:]
	for range maxExtensions {
		if next == protoTCP {
			break
		}
		size, kind := extension(next, b)
		if kind != TCP {
			return false
		}
		next, b = b[0], b[size:]
	}
	if next != protoTCP || len(b) < quotedTCP {
		return false
	}
	return d.tcp6((*[ipv6Header]byte)(ip), d.enough(b), tcpHeader, p, s) == TCP
}

// enough makes a TCP header of the part of one that every error quotes.
func (d *Decoder) enough(t []byte) []byte {
	d.quoted = [tcpHeader]byte{12: tcpHeader / 4 << 4}
	copy(d.quoted[:], t[:quotedTCP])
	return d.quoted[:]
}
