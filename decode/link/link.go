package link

import (
	"encoding/binary"
	"strconv"

	"wstap/capture/packet"
)

// EtherTypes (IEEE 802 numbers).
const (
	etherIPv4 = 0x0800
	etherIPv6 = 0x86dd
	etherVLAN = 0x8100 // 802.1Q
)

const (
	ethernetHeader = 14 // two addresses and a type
	vlanTag        = 4
	sllHeader      = 16 // LINKTYPE_LINUX_SLL; its last two bytes are the protocol
	sll2Header     = 20 // LINKTYPE_LINUX_SLL2; its first two bytes are the protocol
	familyHeader   = 4  // LINKTYPE_NULL and LINKTYPE_LOOP
	// maxTags bounds stacked 802.1Q tags: two are usual (QinQ), more are a loop
	// made on purpose.
	maxTags = 4
	// maxCarriers bounds the list of distinct wraps: every VLAN id once, with
	// room for as many stacks of two.
	maxCarriers = 8192
)

// Decoder turns packets into segments. The zero value is not usable; see New.
type Decoder struct {
	key      [2]uint64
	carriers *[maxCarriers][]string // never moves: entries in use are read while others are added
	named    int
	byTag    map[uint64]uint16 // stack of up to maxTags VLAN ids → index in carriers
}

// New returns a Decoder. Its flow hash is keyed, so that somebody who can choose
// addresses but does not know the key cannot choose collisions.
func New(key [2]uint64) *Decoder {
	return &Decoder{
		key:      key,
		carriers: new([maxCarriers][]string),
		named:    1, // the first stands for nothing
		byTag:    make(map[uint64]uint16),
	}
}

// Carrier returns what Segment.Carrier stands for, outermost first, such as
// ["vlan 10"]. The caller must not change it. It may be called while Decode runs,
// for a segment that Decode has filled.
func (d *Decoder) Carrier(i uint16) []string { return d.carriers[i] }

// Decode takes p apart. For kind TCP it fills s; for every other kind the
// contents of s are undefined. It does not allocate, save for the first packet
// of each VLAN.
func (d *Decoder) Decode(p *packet.Packet, s *Segment) Kind {
	b := p.Data
	switch p.Link {
	case packet.LinkEthernet:
		if len(b) < ethernetHeader {
			return Malformed
		}
		return d.etherType(binary.BigEndian.Uint16(b[12:]), ethernetHeader, p, s)
	case packet.LinkLinuxSLL:
		if len(b) < sllHeader {
			return Malformed
		}
		return d.etherType(binary.BigEndian.Uint16(b[14:]), sllHeader, p, s)
	case packet.LinkLinuxSLL2:
		if len(b) < sll2Header {
			return Malformed
		}
		return d.etherType(binary.BigEndian.Uint16(b), sll2Header, p, s)
	case packet.LinkNull, packet.LinkLoop:
		if len(b) < familyHeader {
			return Malformed
		}
		// The family's number differs between systems (AF_INET6 is 10, 24, 28 or
		// 30) and its byte order between writers; the version nibble does not.
		if family := binary.LittleEndian.Uint32(b); family > 0xff && family<<8 != 0 {
			return NotTCP
		}
		return d.rawIP(familyHeader, p, s)
	case packet.LinkRaw, packet.LinkRawBSD, packet.LinkRawOpen, packet.LinkIPv4, packet.LinkIPv6:
		return d.rawIP(0, p, s)
	default:
		return UnknownLink
	}
}

// rawIP decodes IP of either version at off.
func (d *Decoder) rawIP(off int, p *packet.Packet, s *Segment) Kind {
	s.Carrier = 0
	if len(p.Data) <= off {
		return Malformed
	}
	switch p.Data[off] >> 4 {
	case 4:
		return d.ipv4(off, p, s)
	case 6:
		return d.ipv6(off, p, s)
	default:
		return NotTCP
	}
}

// etherType decodes what follows an EtherType; off is where that begins. Tunnels
// and further tags get their case here.
func (d *Decoder) etherType(t uint16, off int, p *packet.Packet, s *Segment) Kind {
	s.Carrier = 0
	switch t {
	case etherIPv4:
		return d.ipv4(off, p, s)
	case etherIPv6:
		return d.ipv6(off, p, s)
	case etherVLAN:
		return d.vlan(off, p, s)
	default:
		return NotTCP
	}
}

func (d *Decoder) vlan(off int, p *packet.Packet, s *Segment) Kind {
	var stack uint64 // 13 bits a tag: one that is always set, and the id
	t := uint16(etherVLAN)
	for range maxTags {
		if t != etherVLAN {
			break
		}
		if len(p.Data) < off+vlanTag {
			return Malformed
		}
		stack = stack<<13 | 1<<12 | uint64(binary.BigEndian.Uint16(p.Data[off:])&0x0fff)
		t = binary.BigEndian.Uint16(p.Data[off+2:])
		off += vlanTag
	}
	if t == etherVLAN {
		return Malformed
	}
	kind := d.etherType(t, off, p, s)
	if kind == TCP {
		s.Carrier = d.carrier(stack)
	}
	return kind
}

// carrier returns the index of a stack of VLAN ids, the outermost in the highest
// bits; beyond maxCarriers it is 0: the wrap is then not named.
func (d *Decoder) carrier(stack uint64) uint16 {
	if i, ok := d.byTag[stack]; ok {
		return i
	}
	if d.named == maxCarriers {
		return 0
	}
	var names []string
	for v := stack; v != 0; v >>= 13 {
		names = append([]string{"vlan " + strconv.Itoa(int(v&0xfff))}, names...)
	}
	i := uint16(d.named)
	d.carriers[i] = names
	d.named++
	d.byTag[stack] = i
	return i
}
