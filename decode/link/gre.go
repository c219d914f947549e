package link

import (
	"encoding/binary"

	"wstap/capture/packet"
)

// Bits of the first two bytes of a GRE header (RFC 2784, RFC 2890, RFC 2637).
const (
	greChecksum = 0x8000
	greRouting  = 0x4000 // RFC 1701
	greKey      = 0x2000
	greSequence = 0x1000
	greAck      = 0x0080 // version 1
	greVersion  = 0x0007
)

// Protocols in GRE that are no EtherTypes of their own.
const (
	greERSPAN  = 0x88be // types I and II
	greERSPAN3 = 0x22eb
	grePPP     = 0x880b
)

// gre decodes Generic Routing Encapsulation, of version 0 and, with PPP, 1 (PPTP).
func (d *Decoder) gre(b []byte, wire int, p *packet.Packet, s *Segment) Kind {
	if len(b) < 4 {
		return Malformed
	}
	flags, protocol := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	if flags&greVersion > 1 {
		return NotTCP
	}
	n := 4
	if flags&(greChecksum|greRouting) != 0 { // RFC 1701: with either there is room for both
		n += 4
	}
	keyAt := n
	if flags&greKey != 0 {
		n += 4
	}
	if flags&greSequence != 0 {
		n += 4
	}
	if flags&greVersion == 1 && flags&greAck != 0 {
		n += 4
	}
	if flags&greRouting != 0 {
		n = skipRoutes(b, n)
	}
	if len(b) < n {
		return Malformed
	}
	kind, number := wrapGRE, uint32(0)
	if flags&greKey != 0 {
		kind, number = wrapGREKey, binary.BigEndian.Uint32(b[keyAt:])
	}
	rest, restWire := b[n:], wire-n
	switch {
	case flags&greVersion == 1:
		if protocol != grePPP || flags&greSequence == 0 { // only an acknowledgment
			return NotTCP
		}
		// RFC 2637 section 4.1: the upper half of the key is a length.
		if !d.wrapped(kind, number&0xffff) || !d.wrapped(wrapPPP, 0) {
			return Malformed
		}
		return d.ppp(rest, restWire, p, s)
	case protocol == greERSPAN && flags&greSequence == 0:
		if !d.wrapped(wrapERSPAN, 0) {
			return Malformed
		}
		return d.ethernet(rest, restWire, p, s)
	case protocol == greERSPAN, protocol == greERSPAN3:
		return d.erspan(rest, restWire, p, s)
	}
	if !d.wrapped(kind, number) {
		return Malformed
	}
	if protocol == grePPP {
		if !d.wrapped(wrapPPP, 0) {
			return Malformed
		}
		return d.ppp(rest, restWire, p, s)
	}
	return d.carried(protocol, rest, restWire, p, s)
}

// skipRoutes returns where the source routes end that begin n bytes into the GRE header
// b (RFC 1701), which may be beyond b. An entry of no length and family is the last.
func skipRoutes(b []byte, n int) int {
	const entry = 4 // address family, offset, length
	for len(b) >= n+entry {
		family, length := binary.BigEndian.Uint16(b[n:]), int(b[n+3])
		n += entry + length
		if family == 0 && length == 0 {
			return n
		}
	}
	return n + entry
}

// carried decodes what follows an EtherType in a tunnel: a frame, too.
func (d *Decoder) carried(t uint16, b []byte, wire int, p *packet.Packet, s *Segment) Kind {
	switch {
	case t == etherBridging:
		return d.ethernet(b, wire, p, s)
	case t <= etherLength:
		return NotTCP
	default:
		return d.etherType(t, b, wire, p, s)
	}
}

// erspan decodes the header of a mirrored packet (draft-foschiano-erspan-03,
// sections 4.2 and 4.3), which says itself of which type it is.
func (d *Decoder) erspan(b []byte, wire int, p *packet.Packet, s *Segment) Kind {
	const (
		header2, header3 = 8, 12
		subheader        = 8
		frameEthernet    = 0
		frameIP          = 2
	)
	if len(b) < header2 {
		return Malformed
	}
	session := uint32(binary.BigEndian.Uint16(b[2:]) & 0x03ff)
	n, frame := header2, frameEthernet
	switch b[0] >> 4 {
	case 1:
	case 2:
		if len(b) < header3 {
			return Malformed
		}
		n = header3
		flags := binary.BigEndian.Uint16(b[10:])
		frame = int(flags >> 10 & 0x1f)
		if flags&1 != 0 {
			n += subheader
		}
	default:
		return NotTCP
	}
	if len(b) < n || !d.wrapped(wrapERSPANSession, session) {
		return Malformed
	}
	switch frame {
	case frameEthernet:
		return d.ethernet(b[n:], wire-n, p, s)
	case frameIP:
		return d.rawIP(b[n:], wire-n, p, s)
	default: // 802.11
		return NotTCP
	}
}
