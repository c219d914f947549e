package link

import (
	"encoding/binary"

	"wstap/capture/packet"
)

const (
	vlanTag     = 4
	mplsLabel   = 4
	pppoeHeader = 6
	backboneTag = 4
	llcHeader   = 8 // with SNAP
)

// vlan decodes the rest of a tag (802.1Q, 802.1ad).
func (d *Decoder) vlan(b []byte, wire int, p *packet.Packet, s *Segment) Kind {
	if len(b) < vlanTag || !d.wrapped(wrapVLAN, uint32(binary.BigEndian.Uint16(b)&0x0fff)) {
		return Malformed
	}
	return d.etherType(binary.BigEndian.Uint16(b[2:]), b[vlanTag:], wire-vlanTag, p, s)
}

// backbone decodes the rest of the tag of a service instance (802.1ah), after
// which the customer's frame begins.
func (d *Decoder) backbone(b []byte, wire int, p *packet.Packet, s *Segment) Kind {
	if len(b) < backboneTag || !d.wrapped(wrapBackbone, binary.BigEndian.Uint32(b)&0xffffff) {
		return Malformed
	}
	return d.ethernet(b[backboneTag:], wire-backboneTag, p, s)
}

// llc decodes what follows a length instead of an EtherType: an EtherType all the
// same, if there is a SNAP header (IEEE 802.2; RFC 1042).
func (d *Decoder) llc(b []byte, wire int, p *packet.Packet, s *Segment) Kind {
	if len(b) < llcHeader || binary.BigEndian.Uint16(b) != 0xaaaa || b[2] != 3 {
		return NotTCP
	}
	// The organization: 0, and what 802.1H uses to bridge some protocols.
	if oui := binary.BigEndian.Uint32(b[2:]) & 0xffffff; oui != 0 && oui != 0xf8 {
		return NotTCP
	}
	t := binary.BigEndian.Uint16(b[6:])
	if t <= etherLength {
		return NotTCP
	}
	return d.etherType(t, b[llcHeader:], wire-llcHeader, p, s)
}

// mpls decodes a stack of labels (RFC 3032). Nothing says what follows the last,
// so that it is guessed as routers and Wireshark do.
func (d *Decoder) mpls(b []byte, wire int, p *packet.Packet, s *Segment) Kind {
	for bottom := false; !bottom; {
		if len(b) < mplsLabel {
			return Malformed
		}
		label := binary.BigEndian.Uint32(b)
		if !d.wrapped(wrapMPLS, label>>12) {
			return Malformed
		}
		bottom = label&0x100 != 0
		b, wire = b[mplsLabel:], wire-mplsLabel
	}
	if len(b) == 0 {
		return Malformed
	}
	const controlWord = 4 // RFC 4448 section 4.6: its first nibble is 0
	frame := plausibleEthernet(b)
	switch nibble := b[0] >> 4; {
	case nibble == 4 && (plausibleIPv4(b) || !frame):
		return d.ipv4(b, wire, p, s)
	case nibble == 6 && (plausibleIPv6(b, wire) || !frame):
		return d.ipv6(b, wire, p, s)
	case frame:
		return d.ethernet(b, wire, p, s)
	case nibble == 0 && len(b) > controlWord && plausibleEthernet(b[controlWord:]):
		return d.ethernet(b[controlWord:], wire-controlWord, p, s)
	default:
		return NotTCP
	}
}

// plausibleEthernet reports whether b may be a frame that carries IP, or more
// wraps.
func plausibleEthernet(b []byte) bool {
	if len(b) < ethernetHeader {
		return false
	}
	version := uint8(0)
	if len(b) > ethernetHeader {
		version = b[ethernetHeader] >> 4
	}
	switch binary.BigEndian.Uint16(b[12:]) {
	case etherIPv4:
		return version == 4
	case etherIPv6:
		return version == 6
	case etherVLAN, etherQinQ, etherQinQOld1, etherQinQOld2, etherMPLS, etherMPLSMulticast, etherPPPoE, etherBackbone:
		return true
	default:
		return false
	}
}

// plausibleIPv4 reports whether b begins with an IPv4 header, whose checksum is right:
// there is none in a MAC address that begins like one (RFC 4928 section 3).
func plausibleIPv4(b []byte) bool {
	header := int(b[0]&15) * 4
	if len(b) < header || b[0]>>4 != 4 || header < ipv4Header {
		return false
	}
	sum := uint32(0)
	for i := 0; i < header; i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	return sum&0xffff+sum>>16 == 0xffff
}

// plausibleIPv6 reports whether b may be an IPv6 packet of exactly wire bytes.
func plausibleIPv6(b []byte, wire int) bool {
	return len(b) >= ipv6Header && b[0]>>4 == 6 && int(binary.BigEndian.Uint16(b[4:])) == wire-ipv6Header
}

// pppoe decodes a session's packet (RFC 2516).
func (d *Decoder) pppoe(b []byte, wire int, p *packet.Packet, s *Segment) Kind {
	if len(b) < pppoeHeader {
		return Malformed
	}
	if b[0] != 0x11 || b[1] != 0 { // version and type; a code is for discovery
		return NotTCP
	}
	if !d.wrapped(wrapPPPoE, uint32(binary.BigEndian.Uint16(b[2:]))) {
		return Malformed
	}
	return d.ppp(b[pppoeHeader:], wire-pppoeHeader, p, s)
}

// cHDLC decodes a frame of Cisco's HDLC.
func (d *Decoder) cHDLC(b []byte, wire int, p *packet.Packet, s *Segment) Kind {
	if len(b) < cHDLCHeader {
		return Malformed
	}
	return d.etherType(binary.BigEndian.Uint16(b[2:]), b[cHDLCHeader:], wire-cHDLCHeader, p, s)
}

// PPP protocol numbers (IANA).
const (
	pppIPv4          = 0x0021
	pppIPv6          = 0x0057
	pppMPLS          = 0x0281
	pppMPLSMulticast = 0x0283
)

// ppp decodes a PPP frame (RFC 1661), with or without the address and control
// bytes of RFC 1662.
func (d *Decoder) ppp(b []byte, wire int, p *packet.Packet, s *Segment) Kind {
	if len(b) >= 2 && b[0] == 0xff && b[1] == 3 {
		b, wire = b[2:], wire-2
	}
	if len(b) < 1 {
		return Malformed
	}
	// RFC 1661 section 6.5: a protocol below 256 may stand in one byte, which is
	// odd; the first of two never is.
	protocol, n := uint16(b[0]), 1
	if b[0]&1 == 0 {
		if len(b) < 2 {
			return Malformed
		}
		protocol, n = binary.BigEndian.Uint16(b), 2
	}
	b, wire = b[n:], wire-n
	switch protocol {
	case pppIPv4:
		return d.ipv4(b, wire, p, s)
	case pppIPv6:
		return d.ipv6(b, wire, p, s)
	case pppMPLS, pppMPLSMulticast:
		return d.mpls(b, wire, p, s)
	default:
		return NotTCP
	}
}
