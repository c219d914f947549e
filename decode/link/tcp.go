package link

import (
	"encoding/binary"
	"math/bits"

	"wstap/capture/packet"
)

const tcpHeader = 20

// tcp decodes a segment behind other headers than the usual.
func (d *Decoder) tcp(head, t []byte, length int, p *packet.Packet, s *Segment) Kind {
	switch {
	case length < tcpHeader || len(t) < tcpHeader:
		return Malformed
	case head[0]>>4 == 4:
		return d.tcp4((*[ipv4Header]byte)(head), t, length, p, s)
	default:
		return d.tcp6((*[ipv6Header]byte)(head), t, length, p, s)
	}
}

// tcp4 decodes the segment t, of length bytes, in IPv4. The caller has seen to it
// that t holds a header without options.
func (d *Decoder) tcp4(ip *[ipv4Header]byte, t []byte, length int, p *packet.Packet, s *Segment) Kind {
	a, b, dir := ends4(ip, (*[tcpHeader]byte)(t))
	s.Dir = dir
	s.Flow = Flow{ALo: mapped | a>>16, APort: uint16(a), BLo: mapped | b>>16, BPort: uint16(b)}
	s.Hash = d.mix(a, b)
	s.Copy = uint32(binary.BigEndian.Uint16(ip[4:]))
	s.TTL = ip[8]
	return d.header(t, length, p, s)
}

// ends4 returns the ends of a segment, address before port, in the order of Flow,
// and which of them sends.
func ends4(ip *[ipv4Header]byte, t *[tcpHeader]byte) (a, b uint64, dir Dir) {
	src := uint64(binary.BigEndian.Uint32(ip[12:]))<<16 | uint64(binary.BigEndian.Uint16(t[:]))
	dst := uint64(binary.BigEndian.Uint32(ip[16:]))<<16 | uint64(binary.BigEndian.Uint16(t[2:]))
	_, swap := bits.Sub64(dst, src, 0) // the direction cannot be predicted: no branch
	x := (src ^ dst) & -swap
	return src ^ x, dst ^ x, Dir(swap)
}

// tcp6 is tcp4 for IPv6.
func (d *Decoder) tcp6(ip *[ipv6Header]byte, t []byte, length int, p *packet.Packet, s *Segment) Kind {
	if length < tcpHeader {
		return Malformed
	}
	srcHi, srcLo := binary.BigEndian.Uint64(ip[8:]), binary.BigEndian.Uint64(ip[16:])
	dstHi, dstLo := binary.BigEndian.Uint64(ip[24:]), binary.BigEndian.Uint64(ip[32:])
	srcPort, dstPort := binary.BigEndian.Uint16(t), binary.BigEndian.Uint16(t[2:])
	s.between(srcHi, srcLo, srcPort, dstHi, dstLo, dstPort)
	f := &s.Flow
	s.Hash = d.mix(d.mix(f.AHi^uint64(f.APort), f.BHi^uint64(f.BPort)<<32), d.mix(f.ALo, f.BLo))
	s.Copy, s.TTL = 0, ip[7]
	return d.header(t, length, p, s)
}

// between sets the flow between two ends, the lesser of which is A, and the direction.
func (s *Segment) between(srcHi, srcLo uint64, srcPort uint16, dstHi, dstLo uint64, dstPort uint16) {
	s.Dir = FromA
	s.Flow = Flow{AHi: srcHi, ALo: srcLo, APort: srcPort, BHi: dstHi, BLo: dstLo, BPort: dstPort}
	if srcHi > dstHi || srcHi == dstHi && (srcLo > dstLo || srcLo == dstLo && srcPort > dstPort) {
		s.Dir = FromB
		s.Flow = Flow{AHi: dstHi, ALo: dstLo, APort: dstPort, BHi: srcHi, BLo: srcLo, BPort: srcPort}
	}
}

// header decodes the TCP header (RFC 9293 section 3.1) at the start of t, of a
// segment that is length bytes long on the wire.
func (d *Decoder) header(t []byte, length int, p *packet.Packet, s *Segment) Kind {
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
	s.Carrier = 0
	if d.depth != 0 {
		s.Carrier = d.carrier()
	}
	if s.Copy == 0 {
		s.Copy = d.fingerprint(t[:min(header, len(t))], length)
	}
	return TCP
}

// fingerprint returns what tells a segment from its retransmission where the IP
// header has no identification: a retransmission carries what its sender
// acknowledges, advertises and clocks (RFC 7323) at that time. The checksum is left
// out, since a card may fill it in between two places of capture.
func (d *Decoder) fingerprint(header []byte, length int) uint32 {
	h := d.mix(binary.BigEndian.Uint64(header[4:]), uint64(binary.BigEndian.Uint32(header[12:]))<<32|uint64(uint32(length)))
	options := header[tcpHeader:]
	for ; len(options) >= 8; options = options[8:] {
		h = d.mix(h, binary.BigEndian.Uint64(options))
	}
	if len(options) >= 4 { // the header's length is a multiple of 4
		h = d.mix(h, uint64(binary.BigEndian.Uint32(options)))
	}
	if hasTimestamp(header[tcpHeader:]) {
		return uint32(h)&^weakCopy | identified
	}
	return uint32(h) | weakCopy
}

// hasTimestamp reports whether there is a timestamp among TCP options (RFC 7323
// section 3.2).
func hasTimestamp(options []byte) bool {
	const (
		end, noOperation             = 0, 1
		timestamp, timestampLen byte = 8, 10
	)
	for len(options) >= 2 {
		switch n := int(options[1]); {
		case options[0] == end:
			return false
		case options[0] == noOperation:
			options = options[1:]
		case options[0] == timestamp:
			return options[1] == timestampLen && n <= len(options)
		case n < 2 || n > len(options):
			return false
		default:
			options = options[n:]
		}
	}
	return false
}
