package link

import (
	"encoding/binary"
	"math/bits"

	"wstap/capture/packet"
)

// IP protocol numbers (IANA).
const (
	protoHopByHop = 0
	protoTCP      = 6
	protoRouting  = 43
	protoFragment = 44
	protoAuth     = 51
	protoDestOpts = 60
	protoMobility = 135
	protoHIP      = 139
	protoShim6    = 140
)

const (
	ipv4Header = 20
	ipv6Header = 40
	tcpHeader  = 20
	// maxExtensions bounds IPv6 extension headers: RFC 8200 section 4.1 lists
	// seven, each at most once but for destination options.
	maxExtensions = 8
)

// ipv4 decodes an IPv4 packet (RFC 791) at off.
func (d *Decoder) ipv4(off int, p *packet.Packet, s *Segment) Kind {
	ip := p.Data[off:]
	if len(ip) < ipv4Header || ip[0]>>4 != 4 {
		return Malformed
	}
	header := int(ip[0]&15) * 4
	if header < ipv4Header || header > len(ip) {
		return Malformed
	}
	if binary.BigEndian.Uint16(ip[6:])&0x3fff != 0 { // more fragments, or an offset
		return Fragment
	}
	if ip[9] != protoTCP {
		return NotTCP
	}
	onWire := wireLength(p) - off
	total := int(binary.BigEndian.Uint16(ip[2:]))
	// 0 stands for "more than 64 kB, the card will cut it": the length is then
	// the packet's. A length beyond the packet is not believed.
	if total == 0 || total > onWire {
		total = onWire
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
	src := uint64(binary.BigEndian.Uint32(ip[12:]))<<16 | uint64(binary.BigEndian.Uint16(t))
	dst := uint64(binary.BigEndian.Uint32(ip[16:]))<<16 | uint64(binary.BigEndian.Uint16(t[2:]))
	_, swap := bits.Sub64(dst, src, 0) // the direction cannot be predicted: no branch
	x := (src ^ dst) & -swap
	a, b := src^x, dst^x
	s.Dir = Dir(swap)
	s.Flow = Flow{ALo: mapped | a>>16, APort: uint16(a), BLo: mapped | b>>16, BPort: uint16(b)}
	s.Hash = d.mix(a, b)
	s.IPID = binary.BigEndian.Uint16(ip[4:])
	return d.tcp(t, total-header, p, s)
}

// wireLength returns how long p was. What was captured was there, whatever the
// capture says: some writers leave the length on the wire empty.
func wireLength(p *packet.Packet) int { return max(int(p.OrigLen), len(p.Data)) }

// ipv6 decodes an IPv6 packet (RFC 8200) at off.
func (d *Decoder) ipv6(off int, p *packet.Packet, s *Segment) Kind {
	ip := p.Data[off:]
	if len(ip) < ipv6Header || ip[0]>>4 != 6 {
		return Malformed
	}
	onWire := wireLength(p) - off
	total := int(binary.BigEndian.Uint16(ip[4:])) + ipv6Header
	if total == ipv6Header || total > onWire { // a jumbo or offloaded packet: as for IPv4
		total = onWire
	}
	if total < len(ip) {
		ip = ip[:total]
	}
	next, header := ip[6], ipv6Header
	for range maxExtensions {
		if next == protoTCP {
			break
		}
		size, kind := extension(next, ip[min(header, len(ip)):])
		if kind != TCP {
			return kind
		}
		next = ip[header]
		header += size
	}
	if next != protoTCP || total < header+tcpHeader || len(ip) < header+tcpHeader {
		return Malformed
	}
	t := ip[header:]
	srcHi, srcLo := binary.BigEndian.Uint64(ip[8:]), binary.BigEndian.Uint64(ip[16:])
	dstHi, dstLo := binary.BigEndian.Uint64(ip[24:]), binary.BigEndian.Uint64(ip[32:])
	srcPort, dstPort := binary.BigEndian.Uint16(t), binary.BigEndian.Uint16(t[2:])
	s.Dir = FromA
	s.Flow = Flow{AHi: srcHi, ALo: srcLo, APort: srcPort, BHi: dstHi, BLo: dstLo, BPort: dstPort}
	if srcHi > dstHi || srcHi == dstHi && (srcLo > dstLo || srcLo == dstLo && srcPort > dstPort) {
		s.Dir = FromB
		s.Flow = Flow{AHi: dstHi, ALo: dstLo, APort: dstPort, BHi: srcHi, BLo: srcLo, BPort: srcPort}
	}
	f := &s.Flow
	s.Hash = d.mix(d.mix(f.AHi^uint64(f.APort), f.BHi^uint64(f.BPort)<<32), d.mix(f.ALo, f.BLo))
	s.IPID = 0
	return d.tcp(t, total-header, p, s)
}

// extension returns the size of the IPv6 extension header of type next at the
// start of b. The kind is TCP when decoding may go on, else what the packet is.
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
		size = 8
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

// tcp decodes the TCP header (RFC 9293 section 3.1) at the start of t, of a
// segment that is length bytes long on the wire.
func (d *Decoder) tcp(t []byte, length int, p *packet.Packet, s *Segment) Kind {
	header := int(t[12]>>4) * 4
	if header < tcpHeader || header > length {
		return Malformed
	}
	s.Seq = binary.BigEndian.Uint32(t[4:])
	s.Ack = binary.BigEndian.Uint32(t[8:])
	s.Flags = t[13]
	s.Window = binary.BigEndian.Uint16(t[14:])
	s.Header = uint8(header)
	s.Length = uint32(length - header)
	s.Payload = t[min(header, len(t)):]
	s.Time = p.Time
	s.Ref = p.Ref
	return TCP
}

// mix folds two words into one, keyed (the multiplication of wyhash).
func (d *Decoder) mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^d.key[0], b^d.key[1])
	return hi ^ lo
}
