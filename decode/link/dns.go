package link

import (
	"encoding/binary"

	"wstap/capture/packet"
)

// PortDNS is where resolvers listen (RFC 1035 section 4.2).
const PortDNS = 53

// dns fills s with a datagram from or to port 53: its ends, its payload and what tells
// copies of it, and none of what only TCP has. head is the IP header around the UDP header udp; b, of wire
// bytes, is what that carries.
func (d *Decoder) dns(head, udp, b []byte, wire int, p *packet.Packet, s *Segment) Kind {
	*s = Segment{Time: p.Time, Ref: p.Ref, Payload: b, Length: uint32(wire)}
	srcPort, dstPort := binary.BigEndian.Uint16(udp), binary.BigEndian.Uint16(udp[2:])
	var srcHi, srcLo, dstHi, dstLo uint64
	if head[0]>>4 == 4 {
		srcLo = mapped | uint64(binary.BigEndian.Uint32(head[12:]))
		dstLo = mapped | uint64(binary.BigEndian.Uint32(head[16:]))
		s.Copy = uint32(binary.BigEndian.Uint16(head[4:]))
	} else {
		srcHi, srcLo = binary.BigEndian.Uint64(head[8:]), binary.BigEndian.Uint64(head[16:])
		dstHi, dstLo = binary.BigEndian.Uint64(head[24:]), binary.BigEndian.Uint64(head[32:])
	}
	s.between(srcHi, srcLo, srcPort, dstHi, dstLo, dstPort)
	if d.depth != 0 {
		s.Carrier = d.carrier()
	}
	return DNS
}
