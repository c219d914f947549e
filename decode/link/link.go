package link

import (
	"encoding/binary"

	"wstap/capture/packet"
)

// EtherTypes (IEEE 802 numbers).
const (
	etherIPv4          = 0x0800
	etherBridging      = 0x6558 // Transparent Ethernet Bridging: an Ethernet frame in GRE or GENEVE
	etherVLAN          = 0x8100 // 802.1Q
	etherIPv6          = 0x86dd
	etherMPLS          = 0x8847
	etherMPLSMulticast = 0x8848 // RFC 5332: with an upstream-assigned label
	etherPPPoE         = 0x8864 // session; discovery is 0x8863
	etherQinQ          = 0x88a8 // 802.1ad
	etherBackbone      = 0x88e7 // 802.1ah, the tag of a service instance
	etherQinQOld1      = 0x9100 // QinQ before it was 802.1ad
	etherQinQOld2      = 0x9200
	// etherLength is the greatest value that is a length and not a type (IEEE
	// 802.3).
	etherLength = 1500
)

const (
	ethernetHeader = 14 // two addresses and a type
	sllHeader      = 16 // LINKTYPE_LINUX_SLL; its last two bytes are the protocol
	sll2Header     = 20 // LINKTYPE_LINUX_SLL2; its first two bytes are the protocol
	familyHeader   = 4  // LINKTYPE_NULL and LINKTYPE_LOOP
	cHDLCHeader    = 4  // LINKTYPE_C_HDLC: address, control, and an EtherType
)

// Decoder turns packets into segments. It puts IP fragments together, so that
// packets of one capture go through one Decoder in capture order. The zero value
// is not usable; see New.
type Decoder struct {
	key       [2]uint64
	depth     uint8 // how much of stack the packet at hand has
	joined    uint8 // how often a datagram was put together for it
	keep      bool  // pieces
	stack     [maxWraps]wrap
	carriers  carriers
	fragments *fragments // nil before the first
	memory    *Memory
	own       Memory
	pieces    []Piece
	quote     Quote           // of the last ICMP error
	quoted    [tcpHeader]byte // what it quotes
	radio     *radio          // nil before the first packet that needs it
	counters  Counters
}

// Counters says where the bounds of a Decoder bit.
type Counters struct {
	Carriers             uint64 // segments whose wraps are not named, because too many stacks of them were seen
	WrapsTooDeep         uint64 // packets in which more than maxWraps wraps are nested
	FragmentBytes        uint64 // datagrams given up because the fragments of all took too much memory
	FragmentedDatagrams  uint64 // datagrams given up because too many were incomplete at once
	FragmentsOfDatagram  uint64 // datagrams given up because they came in too many fragments
	FragmentsOverlapping uint64 // datagrams refused because fragments of theirs overlap or contradict each other
	FragmentsExpired     uint64 // datagrams of which a part did not come in time
	FragmentsWaiting     uint64 // datagrams of which a part has not come yet: the only one that goes down
}

// New returns a Decoder. Its flow hash is keyed, so that somebody who can choose
// addresses but does not know the key cannot choose collisions.
func New(key [2]uint64) *Decoder {
	d := &Decoder{key: key}
	d.carriers.init()
	d.memory = &d.own
	return d
}

// Counters returns what was counted so far.
func (d *Decoder) Counters() Counters {
	c := d.counters
	if d.fragments != nil {
		c.FragmentsWaiting = uint64(d.fragments.waiting)
	}
	return c
}

// Decode takes p apart, down to the innermost TCP segment. For kinds TCP and DNS it
// fills s; for every other kind the contents of s are undefined. It does not allocate,
// save for the first packet of each stack of wraps and for radio link types, and
// beyond the memory that Counters shows the bounds of.
func (d *Decoder) Decode(p *packet.Packet, s *Segment) Kind {
	d.depth, d.joined = 0, 0
	b := p.Data
	wire := wireLength(p)
	switch p.Link {
	case packet.LinkEthernet:
		if len(b) >= ethernetHeader && binary.BigEndian.Uint16(b[12:]) == etherIPv4 { // most packets, with few calls
			return d.ipv4(b[ethernetHeader:], wire-ethernetHeader, p, s)
		}
		return d.ethernet(b, wire, p, s)
	case packet.LinkLinuxSLL:
		if len(b) < sllHeader {
			return Malformed
		}
		return d.etherType(binary.BigEndian.Uint16(b[14:]), b[sllHeader:], wire-sllHeader, p, s)
	case packet.LinkLinuxSLL2:
		if len(b) < sll2Header {
			return Malformed
		}
		return d.etherType(binary.BigEndian.Uint16(b), b[sll2Header:], wire-sll2Header, p, s)
	case packet.LinkNull, packet.LinkLoop:
		if len(b) < familyHeader {
			return Malformed
		}
		// The family's number differs between systems (AF_INET6 is 10, 24, 28 or
		// 30) and its byte order between writers; the version nibble does not.
		if family := binary.LittleEndian.Uint32(b); family > 0xff && family<<8 != 0 {
			return NotTCP
		}
		return d.rawIP(b[familyHeader:], wire-familyHeader, p, s)
	case packet.LinkRaw, packet.LinkRawBSD, packet.LinkRawOpen, packet.LinkIPv4, packet.LinkIPv6:
		return d.rawIP(b, wire, p, s)
	default:
		return d.rareLink(b, wire, p, s)
	}
}

// wireLength returns how long p was. What was captured was there, whatever the
// capture says: some writers leave the length on the wire empty.
func wireLength(p *packet.Packet) int { return max(int(p.OrigLen), len(p.Data)) }

// rareLink decodes the link types that are seldom captured.
func (d *Decoder) rareLink(b []byte, wire int, p *packet.Packet, s *Segment) Kind {
	switch p.Link {
	case packet.LinkPPP, packet.LinkPPPHDLC:
		// LINKTYPE_PPP_HDLC may hold Cisco HDLC instead, which begins with its
		// address: 0x0f for unicast, 0x8f for broadcast.
		if len(b) >= cHDLCHeader && (b[0] == 0x0f || b[0] == 0x8f) && b[1] == 0 {
			return d.cHDLC(b, wire, p, s)
		}
		return d.ppp(b, wire, p, s)
	case packet.LinkPPPDir:
		if len(b) < 1 {
			return Malformed
		}
		return d.ppp(b[1:], wire-1, p, s)
	case packet.LinkPPPEther:
		return d.pppoe(b, wire, p, s)
	case packet.LinkCHDLC:
		return d.cHDLC(b, wire, p, s)
	case packet.LinkMPLS:
		return d.mpls(b, wire, p, s)
	case packet.LinkFDDI, packet.LinkPFLog, packet.LinkIEEE80211, packet.LinkPrism, packet.LinkRadiotap:
		return d.radioLink(b, wire, p, s)
	default:
		return UnknownLink
	}
}

// The decoders of layers take b, what was captured from their header on, and
// wire, how long that was: never less than b. The kind that they return is that of
// the packet.

// rawIP decodes IP of either version.
func (d *Decoder) rawIP(b []byte, wire int, p *packet.Packet, s *Segment) Kind {
	if len(b) == 0 {
		return Malformed
	}
	switch b[0] >> 4 {
	case 4:
		return d.ipv4(b, wire, p, s)
	case 6:
		return d.ipv6(b, wire, p, s)
	default:
		return NotTCP
	}
}

// ethernet decodes an Ethernet frame without its checksum.
func (d *Decoder) ethernet(b []byte, wire int, p *packet.Packet, s *Segment) Kind {
	if len(b) < ethernetHeader {
		return Malformed
	}
	return d.etherType(binary.BigEndian.Uint16(b[12:]), b[ethernetHeader:], wire-ethernetHeader, p, s)
}

// etherType decodes what follows an EtherType.
func (d *Decoder) etherType(t uint16, b []byte, wire int, p *packet.Packet, s *Segment) Kind {
	switch t {
	case etherIPv4:
		return d.ipv4(b, wire, p, s)
	case etherIPv6:
		return d.ipv6(b, wire, p, s)
	case etherVLAN, etherQinQ, etherQinQOld1, etherQinQOld2:
		return d.vlan(b, wire, p, s)
	case etherMPLS, etherMPLSMulticast:
		return d.mpls(b, wire, p, s)
	case etherPPPoE:
		return d.pppoe(b, wire, p, s)
	case etherBackbone:
		return d.backbone(b, wire, p, s)
	}
	if t <= etherLength {
		return d.llc(b, wire, p, s)
	}
	return NotTCP
}

// mix folds two words into one, keyed (the multiplication of wyhash).
func (d *Decoder) mix(a, b uint64) uint64 { return mix(a, b, d.key) }
