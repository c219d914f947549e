package link

import (
	"encoding/binary"

	"wstap/capture/packet"
)

// UDP ports of tunnels (IANA, but for the second).
const (
	portVXLAN      = 4789
	portVXLANLinux = 8472 // Linux' default, from before there was a number
	portVXLANGPE   = 4790
	portGENEVE     = 6081
)

const (
	udpHeader    = 8
	vxlanHeader  = 8
	geneveHeader = 8
)

// udp decodes the tunnels over UDP, and DNS. head is the IP header around it.
func (d *Decoder) udp(head, b []byte, wire int, p *packet.Packet, s *Segment) Kind {
	if len(b) < udpHeader {
		return NotTCP
	}
	port := binary.BigEndian.Uint16(b[2:])
	if n := int(binary.BigEndian.Uint16(b[4:])); n >= udpHeader && n <= wire {
		b, wire = b[:min(n, len(b))], n
	}
	header := b
	b, wire = b[udpHeader:], wire-udpHeader
	if port == PortDNS || binary.BigEndian.Uint16(header) == PortDNS {
		return d.dns(head, header, b, wire, p, s)
	}
	switch port {
	case portVXLAN, portVXLANLinux:
		if len(b) < vxlanHeader {
			return Malformed
		}
		if b[0]&8 == 0 { // RFC 7348 section 5: without this there is no VNI
			return NotTCP
		}
		if b[0]&gpeProtocol != 0 && !plausibleEthernet(b[vxlanHeader:]) {
			return d.vxlanGPE(b, wire, p, s)
		}
		return d.vxlan(b, wire, p, s)
	case portVXLANGPE:
		return d.vxlanGPE(b, wire, p, s)
	case portGENEVE:
		return d.geneve(b, wire, p, s)
	}
	if looksLikeVXLAN(b) {
		return d.vxlan(b, wire, p, s)
	}
	return NotTCP
}

// gpeProtocol is the flag of a VXLAN header that names what follows it
// (draft-ietf-nvo3-vxlan-gpe).
const gpeProtocol = 0x04

// looksLikeVXLAN reports whether b, on any port, is VXLAN: nothing in its header
// but the VNI, or that and a group (draft-smith-vxlan-group-policy), and a frame
// behind it that carries IP or more wraps.
func looksLikeVXLAN(b []byte) bool {
	const group, groupReserved = 0x80, 0xb7
	if len(b) <= vxlanHeader+ethernetHeader || b[7] != 0 {
		return false
	}
	alone := binary.BigEndian.Uint32(b) == 8<<24
	grouped := b[0] == 8|group && b[1]&groupReserved == 0
	return (alone || grouped) && plausibleEthernet(b[vxlanHeader:])
}

// vxlan decodes the frame in VXLAN (RFC 7348).
func (d *Decoder) vxlan(b []byte, wire int, p *packet.Packet, s *Segment) Kind {
	if !d.wrapped(wrapVXLAN, vni(b)) {
		return Malformed
	}
	return d.ethernet(b[vxlanHeader:], wire-vxlanHeader, p, s)
}

// vni returns the 24 bits of a virtual network identifier.
func vni(b []byte) uint32 { return binary.BigEndian.Uint32(b[4:]) >> 8 }

// vxlanGPE decodes VXLAN with a protocol field (draft-ietf-nvo3-vxlan-gpe).
func (d *Decoder) vxlanGPE(b []byte, wire int, p *packet.Packet, s *Segment) Kind {
	const versionBits = 0x30
	if len(b) < vxlanHeader {
		return Malformed
	}
	if b[0]&versionBits != 0 {
		return NotTCP
	}
	next := uint8(3)
	if b[0]&gpeProtocol != 0 {
		next = b[3]
	}
	if !d.wrapped(wrapVXLAN, vni(b)) {
		return Malformed
	}
	b, wire = b[vxlanHeader:], wire-vxlanHeader
	switch next {
	case 1:
		return d.ipv4(b, wire, p, s)
	case 2:
		return d.ipv6(b, wire, p, s)
	case 3:
		return d.ethernet(b, wire, p, s)
	case 5:
		return d.mpls(b, wire, p, s)
	default:
		return NotTCP
	}
}

// geneve decodes GENEVE (RFC 8926 section 3.4).
func (d *Decoder) geneve(b []byte, wire int, p *packet.Packet, s *Segment) Kind {
	if len(b) < geneveHeader {
		return Malformed
	}
	if b[0]>>6 != 0 { // version
		return NotTCP
	}
	n := geneveHeader + int(b[0]&0x3f)*4
	if len(b) < n || !d.wrapped(wrapGENEVE, vni(b)) {
		return Malformed
	}
	return d.carried(binary.BigEndian.Uint16(b[2:]), b[n:], wire-n, p, s)
}
