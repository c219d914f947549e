package link

import (
	"encoding/binary"

	"wstap/capture/packet"
)

// IP protocol numbers (IANA).
const (
	protoHopByHop = 0
	protoICMP     = 1
	protoIPv4     = 4
	protoTCP      = 6
	protoUDP      = 17
	protoIPv6     = 41
	protoRouting  = 43
	protoFragment = 44
	protoGRE      = 47
	protoAuth     = 51
	protoICMPv6   = 58
	protoDestOpts = 60
	protoEtherIP  = 97
	protoMobility = 135
	protoMPLS     = 137
	protoHIP      = 139
	protoShim6    = 140
)

const (
	ipv4Header     = 20
	ipv6Header     = 40
	fragmentHeader = 8
	etherIPHeader  = 2
	// ipv4Fragmented are the bits that a whole packet has not: more fragments, and an
	// offset.
	ipv4Fragmented = 0x3fff
	// maxExtensions bounds IPv6 extension headers: RFC 8200 section 4.1 lists
	// seven, each at most once but for destination options.
	maxExtensions = 8
)

// ipv4 decodes an IPv4 packet (RFC 791).
func (d *Decoder) ipv4(ip []byte, wire int, p *packet.Packet, s *Segment) Kind {
	if len(ip) < ipv4Header || ip[0]>>4 != 4 {
		return Malformed
	}
	header := int(ip[0]&15) * 4
	if header < ipv4Header || header > len(ip) {
		return Malformed
	}
	total := int(binary.BigEndian.Uint16(ip[2:]))
	// 0 stands for "more than 64 kB, the card will cut it": the length is then
	// the packet's. A length beyond the packet is not believed.
	if total == 0 || total > wire {
		total = wire
	}
	if ip[9] != protoTCP || binary.BigEndian.Uint16(ip[6:])&ipv4Fragmented != 0 {
		return d.ipv4Rest(ip, header, total, p, s)
	}
	if total < header+tcpHeader {
		return Malformed
	}
	if total < len(ip) {
		ip = ip[:total] // Ethernet padding
	}
	t := ip[header:]
	if len(t) < tcpHeader {
		return Malformed
	}
	// As tcp4, one call less.
	a, b, dir := ends4((*[ipv4Header]byte)(ip), (*[tcpHeader]byte)(t))
	s.Dir = dir
	s.Flow = Flow{ALo: mapped | a>>16, APort: uint16(a), BLo: mapped | b>>16, BPort: uint16(b)}
	s.Hash = d.mix(a, b)
	s.Copy = uint32(binary.BigEndian.Uint16(ip[4:]))
	s.TTL = ip[8]
	return d.header(t, total-header, p, s)
}

// ipv4Rest decodes an IPv4 packet that is a fragment, or not TCP at once.
func (d *Decoder) ipv4Rest(ip []byte, header, total int, p *packet.Packet, s *Segment) Kind {
	if total < header {
		return Malformed
	}
	b := ip[header:max(header, min(total, len(ip)))]
	flags := binary.BigEndian.Uint16(ip[6:])
	if flags&ipv4Fragmented == 0 {
		return d.upper(ip[9], ip[:ipv4Header], b, total-header, p, s)
	}
	return d.fragment(&fragment{
		id: uint32(binary.BigEndian.Uint16(ip[4:])), next: ip[9],
		offset: int(flags&0x1fff) * 8, more: flags&0x2000 != 0, data: b, length: total - header,
	}, ip[:ipv4Header], p, s)
}

// ipv6 decodes an IPv6 packet (RFC 8200).
func (d *Decoder) ipv6(ip []byte, wire int, p *packet.Packet, s *Segment) Kind {
	if len(ip) < ipv6Header || ip[0]>>4 != 6 {
		return Malformed
	}
	total := int(binary.BigEndian.Uint16(ip[4:])) + ipv6Header
	if total == ipv6Header || total > wire { // a jumbo or offloaded packet: as for IPv4
		total = wire
	}
	if total < len(ip) {
		ip = ip[:total]
	}
	if ip[6] == protoTCP && len(ip) >= ipv6Header+tcpHeader {
		return d.tcp6((*[ipv6Header]byte)(ip), ip[ipv6Header:], total-ipv6Header, p, s)
	}
	return d.upper(ip[6], ip[:ipv6Header], ip[ipv6Header:], total-ipv6Header, p, s)
}

// upper decodes what an IP packet, whose header without options is head, carries:
// b, of wire bytes, is of protocol next.
func (d *Decoder) upper(next uint8, head, b []byte, wire int, p *packet.Packet, s *Segment) Kind {
	v6 := head[0]>>4 == 6
	for range maxExtensions + 1 {
		switch next {
		case protoTCP:
			return d.tcp(head, b, wire, p, s)
		case protoUDP:
			return d.udp(head, b, wire, p, s)
		case protoGRE:
			return d.gre(b, wire, p, s)
		case protoIPv4, protoIPv6:
			return d.nested(next, v6, b, wire, p, s)
		case protoMPLS:
			return d.mpls(b, wire, p, s)
		case protoEtherIP:
			return d.etherIP(b, wire, p, s)
		case protoICMP, protoICMPv6:
			if (next == protoICMPv6) != v6 {
				return NotTCP
			}
			return d.icmp(head, b, p, s)
		}
		if !v6 && next != protoAuth {
			return NotTCP
		}
		size, kind := extension(next, b)
		switch kind {
		case TCP:
		case Fragment:
			at := binary.BigEndian.Uint16(b[2:])
			return d.fragment(&fragment{
				id: binary.BigEndian.Uint32(b[4:]), next: b[0], offset: int(at &^ 7), more: at&1 != 0,
				data: b[fragmentHeader:], length: wire - fragmentHeader,
			}, head, p, s)
		default:
			return kind
		}
		next, b, wire = b[0], b[size:], wire-size
	}
	return Malformed
}

// nested decodes an IP packet in another.
func (d *Decoder) nested(next uint8, outer6 bool, b []byte, wire int, p *packet.Packet, s *Segment) Kind {
	kind := wrapIPIP
	switch {
	case next == protoIPv6 && outer6:
		kind = wrap6in6
	case next == protoIPv6:
		kind = wrap6in4
	case outer6:
		kind = wrap4in6
	}
	if !d.wrapped(kind, 0) {
		return Malformed
	}
	if next == protoIPv6 {
		return d.ipv6(b, wire, p, s)
	}
	return d.ipv4(b, wire, p, s)
}

// etherIP decodes a frame in IP (RFC 3378).
func (d *Decoder) etherIP(b []byte, wire int, p *packet.Packet, s *Segment) Kind {
	if len(b) < etherIPHeader {
		return Malformed
	}
	if b[0]>>4 != 3 {
		return NotTCP
	}
	if !d.wrapped(wrapEtherIP, 0) {
		return Malformed
	}
	return d.ethernet(b[etherIPHeader:], wire-etherIPHeader, p, s)
}

// extension returns the size of the IPv6 extension header of type next at the
// start of b. The kind is TCP when decoding may go on, else what the packet is;
// Fragment says that the header is there.
func extension(next uint8, b []byte) (size int, kind Kind) {
	switch next {
	case protoHopByHop, protoRouting, protoFragment, protoAuth, protoDestOpts, protoMobility, protoHIP, protoShim6:
	default:
		return 0, NotTCP // whatever its length: "no next header" has none
	}
	if len(b) < 8 {
		return 0, Malformed
	}
	switch next {
	case protoFragment:
		if binary.BigEndian.Uint16(b[2:])&0xfff9 != 0 { // not an atomic fragment (RFC 6946)
			return 0, Fragment
		}
		size = fragmentHeader
	case protoAuth: // RFC 4302: in units of 4 bytes, less 2
		size = (int(b[1]) + 2) * 4
	default:
		size = (int(b[1]) + 1) * 8
	}
	if size > len(b) {
		return 0, Malformed
	}
	return size, TCP
}
